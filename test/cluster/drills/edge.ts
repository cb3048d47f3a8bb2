import type { Project } from '../support.js';
export function edge(_site: () => Project): void {}
