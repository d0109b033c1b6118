import { neighbour, type Box } from './grid-moves';

// Two rows of three, then a group with wider tiles.
const boxes: Box[] = [0, 100, 200]
  .flatMap((left) => [{ left, top: 0, width: 90 }])
  .concat(
    [0, 100, 200].map((left) => ({ left, top: 50, width: 90 })),
    [0, 150].map((left) => ({ left, top: 120, width: 140 })),
  );

describe('neighbour', () => {
  it('moves along the reading order', () => {
    expect(neighbour(boxes, 2, 'right')).toBe(3);
    expect(neighbour(boxes, 0, 'left')).toBeNull();
  });

  it('moves to the nearest tile of the next row, across groups', () => {
    expect(neighbour(boxes, 1, 'down')).toBe(4);
    expect(neighbour(boxes, 5, 'down')).toBe(7);
    expect(neighbour(boxes, 7, 'up')).toBe(5);
    expect(neighbour(boxes, 1, 'up')).toBeNull();
    expect(neighbour(boxes, 6, 'down')).toBeNull();
  });
});
