import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, OUTSIDE } from '../../../local/service-bus/queue/heap.ts';

interface Item {
  readonly key: number;
  slot: number;
}

test('the first item is always the smallest, whatever is added and removed in between', () => {
  const steps = fc.array(
    fc.oneof(fc.record({ add: fc.integer({ min: 0, max: 20 }) }), fc.record({ remove: fc.nat() })),
  );
  fc.assert(
    fc.property(steps, (history) => {
      const heap = new Heap<'slot', Item>('slot', ({ key }) => key);
      const inside: Item[] = [];
      for (const step of history) {
        if ('add' in step) {
          const item = { key: step.add, slot: OUTSIDE };
          inside.push(item);
          heap.add(item);
        } else if (inside.length > 0) {
          const [item] = inside.splice(step.remove % inside.length, 1);
          if (item) heap.remove(item);
          expect(item?.slot).toBe(OUTSIDE);
        }
        const smallest = inside.length === 0 ? undefined : Math.min(...inside.map(({ key }) => key));
        expect(heap.first?.key).toBe(smallest);
      }
    }),
  );
});
