/** How far a large file is: `45 % of 1.1 GB, 23.4 MB/s`. Bytes and ms. */
export function sendingText(about: {
  readonly sent: number;
  readonly size: number;
  readonly ms: number;
}): string {
  const { sent, size, ms } = about;
  const percent = size === 0 ? 100 : Math.floor((sent / size) * 100);
  const speed = ms === 0 ? '' : `, ${bytesText((sent / ms) * 1000)}/s`;
  return `${percent} % of ${bytesText(size)}${speed}`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
