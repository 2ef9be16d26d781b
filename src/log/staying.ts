// Yields the next content of a log: what stays, shared with the old file where the plan says so.
import type { SharedRange } from '../files/clone.js';
import { fillers } from '../files/filler.js';
import { makeNonce } from '../files/intent.js';
import type { Block } from './block.js';
import type { ClonePlan } from './plan-clone.js';
import { selectedBytes, type Selection } from './selected-bytes.js';

/** In order. Each piece is valid until the next one is asked for. */
export async function* stayingContent(
  selection: Selection,
  clone: ClonePlan | undefined,
): AsyncGenerator<Uint8Array | SharedRange> {
  if (!clone) {
    yield* selectedBytes('staying', selection);
    return;
  }
  const { file, blocks } = selection;
  const { first, last, shared, filler } = clone;
  const before = between(blocks[first]!, blocks[first]!.start, shared.from);
  const after = between(blocks[last]!, shared.to, blocks[last]!.end);
  yield* fillers(makeNonce(), filler);
  yield* selectedBytes('staying', { ...selection, blocks: [...blocks.slice(0, first), ...before] });
  yield { file, ...shared };
  // All that count and size take is older than what is shared.
  yield* selectedBytes('staying', { ...selection, blocks: [...after, ...blocks.slice(last + 1)], cut: 0 }); // prettier-ignore
}

/** The lines of a block stay, all of them: so do the bytes of a range beside it. */
function between(block: Block, start: number, end: number): Block[] {
  return start < end ? [{ ...block, start, end }] : [];
}
