/** Something that an action can be told, from the JSON Schema of its parameters. */
export interface ActionField {
  readonly name: string;
  readonly kind: 'choice' | 'flag' | 'number' | 'names' | 'day' | 'text';
  /** Of a choice. */
  readonly options: readonly string[];
  readonly otherwise: unknown;
  readonly required: boolean;
  readonly min: number | null;
  readonly max: number | null;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Pure. What it does not know how to ask for is left out: the server fills in what is usual. */
export function fieldsOf(schema: Parameters): ActionField[] {
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  return Object.entries(recordOf(schema['properties'])).flatMap(([name, given]) => {
    const property = recordOf(given);
    const kind = kindOf(name, property);
    if (kind === null) {
      return [];
    }
    return [
      {
        name,
        kind,
        options: Array.isArray(property['enum']) ? property['enum'].map(String) : [],
        otherwise: property['default'] ?? null,
        required: required.includes(name),
        min: numberOf(property['minimum']),
        max: numberOf(property['maximum']),
      },
    ];
  });
}

/** Pure: those that mean something with what is chosen. Packages are named only where that is chosen. */
export function shownFields(fields: readonly ActionField[], parameters: Parameters): ActionField[] {
  const scope = fields.find(({ name }) => name === 'scope');
  const named = scope === undefined || (parameters['scope'] ?? scope.otherwise) === 'packages';
  return fields.filter(({ name }) => name !== 'packages' || named);
}

/** Pure: parameters with one of them changed; null takes it away, and with it what belongs to it alone. */
export function withParameter(parameters: Parameters, name: string, value: unknown): Record<string, unknown> {
  const lost = name === 'scope' && value !== 'packages' ? ['packages', name] : [name];
  const kept = Object.entries(parameters).filter(([one]) => !lost.includes(one));
  return Object.fromEntries(value === null ? kept : [...kept, [name, value]]);
}

function kindOf(name: string, { type, enum: options, items }: Parameters): ActionField['kind'] | null {
  if (Array.isArray(options)) {
    return 'choice';
  }
  switch (type) {
    case 'boolean':
      return 'flag';
    case 'integer':
      return 'number';
    case 'array':
      return recordOf(items)['type'] === 'string' ? 'names' : null;
    case 'string':
      return name.endsWith('_at') ? 'day' : 'text';
    default:
      return null;
  }
}

function recordOf(value: unknown): Parameters {
  return typeof value === 'object' && value !== null ? (value as Parameters) : {};
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
