import type { Identifier, Node } from 'acorn';

type AnyNode = Node & Readonly<Record<string, unknown>>;

/** The uses of names that the program does not declare itself, by name, in source order. */
export function findFreeIdentifiers(program: Node): Map<string, Identifier[]> {
  const free = new Map<string, Identifier[]>();
  visit(program as AnyNode, [new Set()], free);
  for (const uses of free.values()) uses.sort((a, b) => a.start - b.start);
  return free;
}

/** Call `see` with a node and all below it. */
export function walk(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const child of childrenOf(node as AnyNode)) walk(child, see);
}

/** `scopes`: the names declared so far, outermost first. A block's names are collected before its uses are judged. */
function visit(node: AnyNode, scopes: readonly Set<string>[], free: Map<string, Identifier[]>): void {
  switch (node.type) {
    case 'Identifier': {
      const identifier = node as unknown as Identifier;
      if (scopes.some((scope) => scope.has(identifier.name))) return;
      const uses = free.get(identifier.name);
      if (uses) uses.push(identifier);
      else free.set(identifier.name, [identifier]);
      return;
    }
    case 'MemberExpression':
      visit(node['object'] as AnyNode, scopes, free);
      if (node['computed'] === true) visit(node['property'] as AnyNode, scopes, free);
      return;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      if (node['computed'] === true) visit(node['key'] as AnyNode, scopes, free);
      if (node['value']) visit(node['value'] as AnyNode, scopes, free);
      return;
    case 'LabeledStatement':
      visit(node['body'] as AnyNode, scopes, free);
      return;
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
      return;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      visitChildren(node, [...scopes, functionNames(node)], free, 'id');
      return;
    case 'ClassDeclaration':
    case 'ClassExpression':
      visitChildren(node, [...scopes, new Set(node['id'] ? namesOf(node['id'] as AnyNode) : [])], free, 'id');
      return;
    case 'CatchClause':
      visitChildren(node, [...scopes, new Set(node['param'] ? namesOf(node['param'] as AnyNode) : [])], free);
      return;
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'SwitchStatement':
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
      visitChildren(node, [...scopes, blockNames(node)], free);
      return;
    default:
      visitChildren(node, scopes, free);
  }
}

function visitChildren(
  node: AnyNode,
  scopes: readonly Set<string>[],
  free: Map<string, Identifier[]>,
  except?: string,
): void {
  for (const child of childrenOf(node, except)) visit(child, scopes, free);
}

function* childrenOf(node: AnyNode, except?: string): Generator<AnyNode> {
  for (const [key, value] of Object.entries(node)) {
    if (key === except) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield child;
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

function functionNames(node: AnyNode): Set<string> {
  const names = new Set((node['params'] as AnyNode[]).flatMap(namesOf));
  if (node['id']) for (const name of namesOf(node['id'] as AnyNode)) names.add(name);
  if (node.type !== 'ArrowFunctionExpression') names.add('arguments');
  collectVar(node['body'] as AnyNode, names);
  return names;
}

function blockNames(node: AnyNode): Set<string> {
  const names = new Set<string>();
  const statements = [node['body'], node['init'], node['left'], node['cases']].flat().filter(isNode);
  for (const statement of statements.flatMap((one) =>
    one.type === 'SwitchCase' ? (one['consequent'] as AnyNode[]) : [one],
  )) {
    declare(statement, names);
  }
  if (node.type === 'Program') collectVar(node, names);
  return names;
}

function declare(statement: AnyNode, names: Set<string>): void {
  if (statement.type === 'VariableDeclaration') {
    for (const one of statement['declarations'] as AnyNode[])
      for (const name of namesOf(one['id'] as AnyNode)) names.add(name);
  } else if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
    for (const name of namesOf(statement['id'] as AnyNode)) names.add(name);
  }
}

/** `var` belongs to the whole function, however deep it stands. */
function collectVar(node: AnyNode, names: Set<string>): void {
  if (node.type === 'VariableDeclaration' && node['kind'] === 'var') declare(node, names);
  for (const child of childrenOf(node)) {
    if (!/^(?:Function|ArrowFunction|Class)/.test(child.type)) collectVar(child, names);
  }
}

function namesOf(pattern: AnyNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern['name'] as string];
    case 'ObjectPattern':
      return (pattern['properties'] as AnyNode[]).flatMap((one) =>
        namesOf((one['value'] ?? one['argument']) as AnyNode),
      );
    case 'ArrayPattern':
      return (pattern['elements'] as (AnyNode | null)[]).flatMap((one) => (one ? namesOf(one) : []));
    case 'AssignmentPattern':
      return namesOf(pattern['left'] as AnyNode);
    case 'RestElement':
      return namesOf(pattern['argument'] as AnyNode);
    default:
      return [];
  }
}
