import { say } from '../history.sentences';
import { asHtml, asMarkdown } from './report-forms';
import { sectionsOf, type Report } from './report-model';
import { REPORT_WORDS } from './report-words';

const HOSTILE = '<script>alert(1)</script> `` | [x](javascript:y) *b*\n# title';

describe('a report', () => {
  it('has a part for everything that a result holds, and says what was not measured', () => {
    expect(
      sectionsOf(
        {
          schema_version: 1,
          ending: 'ended',
          rebooted: false,
          audit: null,
          news: null,
          drift: null,
          auto_marks: null,
          not_measured: [
            { fact: 'audit', reason: 'cut_off' },
            { fact: 'auto_marks', reason: 'cut_off' },
          ],
          packages: [
            { name: 'openssl', from_version: '3.0.1', origin: null, held: null, lines: [] },
            { name: 'curl', to_version: null, lines: ['a', 'b'] },
          ],
          conffiles: ['/etc/a.dpkg-dist'],
          ports: { gone: [], opened: ['tcp 0.0.0.0:80'] },
          counts: { upgraded: 1 },
          errors: [],
        },
        REPORT_WORDS.en,
      ),
    ).toEqual([
      {
        title: 'Findings',
        blocks: [
          {
            kind: 'facts',
            facts: [
              ['Ending', 'ended'],
              ['Rebooted', 'no'],
              ['Audit', 'not measured (the run was cut off before)'],
              ['News', 'not measured'],
              ['Drift', 'none'],
              ['Auto marks', 'not measured (the run was cut off before)'],
            ],
          },
        ],
      },
      {
        title: 'Packages',
        blocks: [
          {
            kind: 'table',
            head: ['Name', 'From version', 'Origin', 'Held', 'Lines', 'To version'],
            rows: [
              ['openssl', '3.0.1', 'not known', 'not measured', 'none', 'none'],
              ['curl', 'none', 'none', 'none', 'a\nb', 'none'],
            ],
          },
        ],
      },
      { title: 'Conffiles', blocks: [{ kind: 'lines', lines: ['/etc/a.dpkg-dist'] }] },
      {
        title: 'Ports',
        blocks: [
          { kind: 'text', text: 'Gone' },
          { kind: 'text', text: 'none' },
          { kind: 'text', text: 'Opened' },
          { kind: 'lines', lines: ['tcp 0.0.0.0:80'] },
        ],
      },
      { title: 'Counts', blocks: [{ kind: 'facts', facts: [['Upgraded', '1']] }] },
      { title: 'Errors', blocks: [{ kind: 'text', text: 'none' }] },
    ]);
  });

  it('is in French but for what the machine said, and for what it holds of packagers', () => {
    const sections = sectionsOf(
      {
        ending: 'interrupted',
        rebooted: true,
        news: [{ package: 'fleet-news', version: '2.0', text: 'ended' }],
        conffile_questions: [{ package: 'fleet-conffile', path: '/etc/fleet-conffile.conf' }],
        errors: [
          {
            kind: 'dpkg_interrupted',
            message: say.report_damaged(),
            remediation: `${say.artifact_gone()}\nnothing of ours`,
            lines: ['E: dpkg was interrupted'],
          },
        ],
      },
      REPORT_WORDS.fr,
    );
    expect(sections.map(({ title }) => title)).toEqual([
      'Constats',
      'Nouvelles',
      'Questions sur des fichiers de configuration',
      'Erreurs',
    ]);
    expect(sections[0]?.blocks).toEqual([
      {
        kind: 'facts',
        facts: [
          ['Fin', 'interrompu'],
          ['Redémarré', 'oui'],
        ],
      },
    ]);
    expect(sections[1]?.blocks).toEqual([
      { kind: 'table', head: ['Paquet', 'Version', 'Texte'], rows: [['fleet-news', '2.0', 'ended']] },
    ]);
    expect(sections[2]?.blocks).toEqual([
      { kind: 'table', head: ['Paquet', 'Chemin'], rows: [['fleet-conffile', '/etc/fleet-conffile.conf']] },
    ]);
    const [table] = sections[3]?.blocks ?? [];
    const row = table?.kind === 'table' ? (table.rows[0] ?? []) : [];
    expect(row[0]).toBe('dpkg_interrupted');
    expect(row[1]).toMatch(/^Le rapport manque/);
    expect(row[2]).toMatch(/^Le fichier a été supprimé .*\nnothing of ours$/);
    expect(row[3]).toBe('E: dpkg was interrupted');
  });

  const hostile: Report = {
    language: 'en',
    title: HOSTILE,
    facts: [['Machine', HOSTILE]],
    sections: [
      {
        title: HOSTILE,
        blocks: [
          { kind: 'text', text: HOSTILE },
          { kind: 'lines', lines: ['```', HOSTILE] },
          { kind: 'table', head: ['a'], rows: [[HOSTILE]] },
        ],
      },
    ],
  };

  it('takes nothing that a machine said for markup: HTML', () => {
    const html = asHtml(hostile);
    expect(html).not.toMatch(/<script|<b>|<a /);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toMatch(/^<!doctype html>/);
  });

  it('takes nothing that a machine said for markup: Markdown', () => {
    const markdown = asMarkdown(hostile);
    const [, fenced = '', rest = ''] = /(`{4}text\n[\s\S]*?\n`{4}\n)([\s\S]*)/.exec(markdown) ?? [];
    expect(fenced).toContain('```\n<script>');
    for (const text of [markdown.replace(fenced, ''), rest]) {
      expect(text).not.toMatch(/(?<!\\)(<script|\[x\]|\*b|`)/);
      expect(text).not.toMatch(/\n# title/);
    }
    const outside = markdown.replace(fenced, '').split('\n');
    expect(outside.filter((line) => line.startsWith('# '))).toHaveLength(1);
    // A cell stays a cell.
    expect(markdown).toMatch(/\n\| \\<script[^\n]*\\\|[^\n]*<br>\\# title \|\n/);
  });
});
