import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('history', {
  artifact_gone: 'The file was removed when its time had come; what is known of it is kept.',
  artifact_damaged: 'The file is missing in the artifact store, or is not what was written there.',
  artifact_damaged_action: 'Restore the artifact store from a backup, or see who changed it.',
  report_unreadable: 'Which files the report has is stored in a form that this program cannot read.',
  report_unreadable_action: 'Use the version of the program that wrote it; what is stored stands in the answer.',
  report_damaged: 'The report is missing in the artifact store, or is not what was written there.',
});
