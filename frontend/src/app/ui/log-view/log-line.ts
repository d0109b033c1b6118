import { Component, computed, input } from '@angular/core';
import { piecesOf, type LogPiece } from './safe-line';

/** The part of a line that one row shows, as coloured text nodes; what is searched for is marked. */
@Component({
  selector: 'su-log-line',
  template: `@for (piece of shown(); track $index) {
    <span [class]="piece.style">{{ piece.text }}</span>
  }`,
  styleUrl: './log-line.scss',
})
export class LogLine {
  readonly text = input.required<string>();
  readonly from = input.required<number>();
  readonly to = input.required<number>();
  readonly find = input('');
  protected readonly shown = computed(() => mark(cut(piecesOf(this.text()), this.from(), this.to()), this.find()));
}

function cut(pieces: readonly LogPiece[], from: number, to: number): LogPiece[] {
  const kept: LogPiece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const text = piece.text.slice(Math.max(0, from - at), Math.max(0, to - at));
    at += piece.text.length;
    if (text !== '') {
      kept.push({ text, style: piece.style });
    }
  }
  return kept;
}

function mark(pieces: readonly LogPiece[], find: string): LogPiece[] {
  const wanted = find.toLowerCase();
  return wanted === '' ? [...pieces] : pieces.flatMap((piece) => split(piece, wanted));
}

function split(piece: LogPiece, wanted: string): LogPiece[] {
  const parts: LogPiece[] = [];
  const lower = piece.text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    parts.push({ text: piece.text.slice(from, at), style: piece.style });
    parts.push({ text: piece.text.slice(at, at + wanted.length), style: `${piece.style} found` });
    from = at + wanted.length;
  }
  parts.push({ text: piece.text.slice(from), style: piece.style });
  return parts.filter((part) => part.text !== '');
}
