/** How many hosts are worked on at the same time (--forks). */
export interface Slots {
  /** do some work when there is a slot for it */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** within such work: wait for something that others bring about, and let one of them have the slot until then */
  readonly aside: <T>(awaited: Promise<T>) => Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const queue: (() => void)[] = [];
  const take = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
  };
  const give = (): void => {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  };
  return {
    async run(work) {
      await take();
      try {
        return await work();
      } finally {
        give();
      }
    },
    async aside(awaited) {
      give();
      try {
        return await awaited;
      } finally {
        await take();
      }
    },
  };
}
