import type { Contract } from '../contracts/contract';
import { document, type Properties } from '../contracts/schemas';

/** Name of the contract of what an event carries. */
export function eventContractName(type: string): string {
  return `event.${type}`;
}

/** The contract of the payload of events of one type; each is declared by the room that publishes it. */
export function eventContract(
  type: string,
  description: string,
  properties: Properties,
  optional: Properties = {},
): Contract {
  return {
    name: eventContractName(type),
    title: `Facts of the event ${type}`,
    description,
    columns: ['machine_events.payload_json'],
    versions: { 1: { body: document(1, properties, optional) } },
  };
}
