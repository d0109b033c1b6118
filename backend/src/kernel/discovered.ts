import type { DiscoveryService } from '@nestjs/core';

/**
 * Every provider whose class carries this metadata, in the order of their names.
 * @throws Error for two of one name: one of them would be silently ignored otherwise
 */
export function markedProviders<T extends { readonly name: string }>(discovery: DiscoveryService, mark: string): T[] {
  const found = discovery
    .getProviders()
    .filter(({ metatype }) => typeof metatype === 'function' && Reflect.getMetadata(mark, metatype) === true)
    .map(({ instance }) => instance as T)
    .sort((a, b) => a.name.localeCompare(b.name));
  const twice = found.find(({ name }, index) => found[index + 1]?.name === name);
  if (twice !== undefined) throw new Error(`"${twice.name}" stands twice among ${mark}.`);
  return found;
}
