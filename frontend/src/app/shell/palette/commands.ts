import type { Need } from '../../ui/states';
import type { IconName } from '../../ui/icons';

/** Something that the palette can do, or a place where it can go. */
export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  readonly icon: IconName;
  /** Colours the icon: only machines have a state. */
  readonly need?: Need;
  readonly label: string;
  /** What follows, or what is known about it. */
  readonly note: string;
  /** Found by a search only, so that the first list stays short. */
  readonly hidden?: boolean;
  run(): void | Promise<void>;
}

export type CommandGroup = 'actions' | 'machines' | 'pages';

/** Lower case without accents, so that `reglages` finds "Réglages". */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Commands in which every word of the question stands; those that begin with it come first. All of them without a question. */
export function matching(commands: readonly Command[], question: string): Command[] {
  const asked = folded(question).trim();
  if (asked === '') {
    return commands.filter((command) => command.hidden !== true);
  }
  const words = asked.split(/\s+/);
  const rank = (command: Command): number => (folded(command.label).startsWith(asked) ? 0 : 1);
  return commands
    .filter((command) => words.every((word) => folded(command.label).includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}

/** How many letters of a verb tell it from the beginning of a name. */
const VERB = 3;

/** The part of a question that names a machine: `analyse mail` is about "mail". */
export function machineQuestion(question: string, verb: string): { name: string; verbFirst: boolean } {
  const [first = '', ...rest] = question.trim().split(/\s+/);
  const verbFirst = rest.length > 0 && first.length >= VERB && folded(verb).startsWith(folded(first));
  return { name: verbFirst ? rest.join(' ') : question.trim(), verbFirst };
}
