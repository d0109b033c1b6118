import { convertToParamMap, type ParamMap, type Params } from '@angular/router';
import { NEEDS, type Need } from '../../../ui/states';
import type { MachineQuery } from '../machines-api';
import { GROUPINGS, type Grouping } from './machine-groups';

export type View = 'comfort' | 'compact' | 'table';
export type Sort = NonNullable<MachineQuery['sort']>;

/** Everything about the dashboard that an address can say: a saved view is an address. */
export interface DashboardAddress {
  readonly view: View;
  readonly group: Grouping;
  readonly q: string;
  readonly states: readonly Need[];
  readonly tag: string | null;
  readonly sort: Sort;
  readonly order: 'asc' | 'desc' | null;
  readonly archived: boolean;
}

export const VIEWS: readonly View[] = ['comfort', 'compact', 'table'];
const SORTS: readonly Sort[] = ['need', 'name', 'lastSeen', 'updates'];

/** Reads an address; what makes no sense is as if it were not there. */
export function readAddress(params: ParamMap = convertToParamMap({}), usualView: View = 'comfort'): DashboardAddress {
  const order = params.get('order');
  return {
    view: oneOf(VIEWS, params.get('view')) ?? usualView,
    group: oneOf(GROUPINGS, params.get('group')) ?? 'need',
    q: (params.get('q') ?? '').slice(0, 200),
    states: (params.get('state') ?? '').split(',').flatMap((word) => oneOf(NEEDS, word) ?? []),
    tag: params.get('tag'),
    sort: oneOf(SORTS, params.get('sort')) ?? 'need',
    order: order === 'asc' || order === 'desc' ? order : null,
    archived: params.get('archived') === '1',
  };
}

/** The address as query parameters; what is usual is left out. */
export function writeAddress(address: DashboardAddress): Params {
  return {
    view: address.view,
    group: address.group === 'need' ? null : address.group,
    q: address.q === '' ? null : address.q,
    state: address.states.length === 0 ? null : address.states.join(','),
    tag: address.tag,
    sort: address.sort === 'need' ? null : address.sort,
    order: address.order,
    archived: address.archived ? '1' : null,
  };
}

export function queryOf(address: DashboardAddress): MachineQuery {
  return {
    sort: address.view === 'table' ? address.sort : 'need',
    ...(address.view === 'table' && address.order !== null ? { order: address.order } : {}),
    ...(address.q === '' ? {} : { q: address.q }),
    ...(address.states.length === 0 ? {} : { state: [...address.states] }),
    ...(address.tag === null ? {} : { tag: [address.tag] }),
    ...(address.archived ? { archived: true } : {}),
  };
}

function oneOf<T extends string>(words: readonly T[], word: string | null): T | undefined {
  return words.find((one) => one === word);
}
