import Anser from 'anser';

/** A piece of a log line: its text, and class names for its colours. It becomes a text node, never HTML. */
export interface LogPiece {
  readonly text: string;
  readonly style: string;
}

const SGR = /\u001b\[[0-9;]*m/g;
/** Control codes besides tab, and letters that turn the reading direction: shown as text, never obeyed. */
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const COLOURS = new Set(['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']);
const DECORATIONS = new Set(['bold', 'dim', 'italic', 'underline', 'strikethrough']);

/** Makes every control code visible, as `\x1b`, `\r` or `\u202e`: letters that every font has. */
export function showControls(text: string): string {
  return text.replace(CONTROL, (letter) => {
    const code = letter.charCodeAt(0);
    if (letter === '\r') {
      return '\\r';
    }
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The line without colours, control codes shown: for searching, copying and wrapping. */
export function plainLine(text: string): string {
  return showControls(text.replace(SGR, ''));
}

/** Cuts a line into coloured pieces. Their texts joined are `plainLine(text)`. */
export function piecesOf(text: string): LogPiece[] {
  // What looks like a code of its own after the replacement cannot exist: ESC is gone from everything but SGR.
  const parts = text.split(/(\u001b\[[0-9;]*m)/);
  const safe = parts.map((part, index) => (index % 2 === 1 ? part : showControls(part))).join('');
  return Anser.ansiToJson(safe, { json: true, remove_empty: true, use_classes: true }).map((entry) => ({
    text: entry.content,
    style: styleOf(entry),
  }));
}

function styleOf(entry: Anser.AnserJsonEntry): string {
  const names: string[] = [];
  const colour = typeof entry.fg === 'string' ? entry.fg.replace(/^ansi-(bright-)?/, '') : '';
  if (COLOURS.has(colour)) {
    names.push(`c-${colour}`);
  }
  for (const decoration of entry.decorations) {
    if (DECORATIONS.has(decoration)) {
      names.push(`d-${decoration}`);
    }
  }
  return names.join(' ');
}
