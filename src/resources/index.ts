import type { Resource } from './resource.js';

const all: readonly Resource[] = [
];

/** Every resource that a task can name. A new one is one import and one entry. */
export const resources: ReadonlyMap<string, Resource> = new Map(all.map((one) => [one.name, one]));
