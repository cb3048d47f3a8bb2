import { join } from 'node:path';
import { ConfigurationError } from '../errors.js';
import { schemaProblems, type JsonSchema } from '../schema.js';
import { loadYaml } from '../template/yaml.js';
import { refusal } from './check-shape.js';
import type { Loader } from './loader.js';

/** A role's schema.json, held against JSON Schema. @throws ConfigurationError with its place in the file */
export function readRoleSchema(rolePath: string, loader: Loader): JsonSchema | undefined {
  const { schemas } = loader;
  if (!schemas.has(rolePath)) schemas.set(rolePath, readSchema(rolePath, loader));
  return schemas.get(rolePath);
}

function readSchema(rolePath: string, loader: Loader): JsonSchema | undefined {
  const path = join(rolePath, 'schema.json');
  const text = loader.files.read(path);
  if (text === undefined) return undefined;
  const name = loader.nameOf(path);
  const schema = parseObject(text, name);
  const problems = schemaProblems(schema);
  if (problems.length === 0) return schema;
  const document = loadYaml(text, name, { trust: 'data' });
  const at = (where: readonly (string | number)[], key?: string) =>
    key === undefined ? document.at(where) : document.keyAt([...where, key]);
  throw refusal(
    problems,
    ({ path: where, key }) => at(where, key),
    ({ path: where, message }) => ({
      message: `not a JSON Schema: ${where.length > 0 ? `"${where.join('.')}" ` : ''}${message}`,
      hint: 'It is an object with "type": "object" and the variables of the role as "properties".',
    }),
  );
}

function parseObject(text: string, name: string): JsonSchema {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // JSON is YAML, and YAML's errors know their place. What only JSON refuses (a comma too many) has none.
    loadYaml(text, name, { trust: 'data' });
    throw new ConfigurationError(`not valid JSON: ${(error as Error).message}`, {
      position: positionIn(text, (error as Error).message, name),
      hint: 'Look for a comma at the end of a list, comments, or quotes that are missing.',
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonSchema;
  throw new ConfigurationError('a schema is an object', {
    position: { file: name, line: 1, col: 1 },
    hint: 'Write {"type": "object", "properties": {…}}.',
  });
}

function positionIn(
  text: string,
  message: string,
  file: string,
): { file: string; line: number; col: number } {
  const offset = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
  const lines = text.slice(0, offset).split('\n');
  return { file, line: lines.length, col: lines.at(-1)!.length + 1 };
}
