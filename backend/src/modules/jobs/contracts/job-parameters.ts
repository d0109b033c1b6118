import type { Contract, ContractVersion } from '../../../kernel/contracts/contract';
import { document } from '../../../kernel/contracts/schemas';
import type { CommonDeclaration, JsonSchema } from '../actions/job-action';

const noParameters: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

/** `<action>.parameters`: what a job was asked to do, defaults filled in. */
export interface JobParametersDocument {
  readonly parameters: Record<string, unknown>;
}

export function parameterSchema(declaration: CommonDeclaration): JsonSchema {
  return declaration.parameters ?? noParameters;
}

export function parametersName(action: string): string {
  return `${action}.parameters`;
}

/** The contract that an action's declaration makes. */
export function parametersContract(declaration: CommonDeclaration): Contract {
  const older = (declaration.olderParameters ?? []).map(({ schema, upcast }, index): ContractVersion => ({
    body: document(index + 1, { parameters: schema }),
    upcast: ({ parameters }) => ({ parameters: upcast(parameters as Record<string, unknown>) }),
  }));
  const current = { body: document(older.length + 1, { parameters: parameterSchema(declaration) }) };
  return {
    name: parametersName(declaration.name),
    title: `Parameters of the action ${declaration.name}`,
    description:
      'What a job of this action was asked to do, as it was when it was queued, defaults filled in. Equal ones are the ' +
      'same job: a second one is not queued beside it.',
    columns: ['jobs.payload_json'],
    versions: Object.fromEntries([...older, current].map((version, index) => [index + 1, version])),
    ...(declaration.unversionedParameters === true ? { unversioned: (parameters) => ({ parameters }) } : {}),
  };
}
