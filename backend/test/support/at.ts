/** The element, which must be there. @throws Error when the list is shorter */
export function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no number ${String(index)} among ${String(list.length)}`);
  return found;
}
