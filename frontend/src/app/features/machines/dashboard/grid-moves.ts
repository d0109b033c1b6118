export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/**
 * Index of the tile that an arrow leads to, or null at the edge. Left and right follow the reading order; up and down
 * go to the nearest tile of the next row, also across groups with other widths.
 */
export function neighbour(boxes: readonly Box[], from: number, move: 'left' | 'right' | 'up' | 'down'): number | null {
  const here = boxes[from];
  if (!here) {
    return null;
  }
  if (move === 'left' || move === 'right') {
    const to = from + (move === 'left' ? -1 : 1);
    return boxes[to] ? to : null;
  }
  const step = move === 'up' ? -1 : 1;
  let row: number | null = null;
  let best: number | null = null;
  let distance = Infinity;
  for (let at = from + step; boxes[at]; at += step) {
    const box = boxes[at];
    if (!box || Math.abs(box.top - here.top) < 2) {
      continue;
    }
    if (row !== null && Math.abs(box.top - row) >= 2) {
      break;
    }
    row = box.top;
    const away = Math.abs(box.left + box.width / 2 - (here.left + here.width / 2));
    if (away < distance) {
      distance = away;
      best = at;
    }
  }
  return best;
}
