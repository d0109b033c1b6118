import path from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page, ViewportSize } from 'playwright-core';
import type { DataSource } from 'typeorm';
import type { ApiClient } from '../../../backend/test/support/api-client';
import { Installation } from '../../../backend/test/support/installation';
import { MachineJobs } from '../../../backend/test/support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../../../backend/test/support/postgres';
import { consoleErrors, startBrowser } from './browser';

const portal = path.resolve(__dirname, '..', '..', '..', 'dist', 'frontend', 'browser');
const DESK: ViewportSize = { width: 1440, height: 900 };

/** A fresh installation with its portal, and a browser signed in as its administrator. */
export class PortalSession {
  private constructor(
    private readonly database: TestDatabase,
    private readonly installation: Installation,
    private readonly browser: Browser,
    readonly dataSource: DataSource,
    readonly api: ApiClient,
    readonly jobs: MachineJobs,
    readonly context: BrowserContext,
    readonly page: Page,
    /** What the page has written to its console as errors. */
    readonly errors: readonly string[],
  ) {}

  static async open(): Promise<PortalSession> {
    const database = await createTestDatabase();
    const dataSource = await database.dataSource();
    const installation = new Installation(database.url, { PORTAL_DIR: portal });
    const server = await installation.start('all');
    const api = await installation.administrator(server);
    const [name = '', value = ''] = api.cookie.split('=');
    const browser = await startBrowser();
    const context = await browser.newContext({ locale: 'en-GB', viewport: DESK });
    context.setDefaultTimeout(60_000);
    await context.addCookies([{ name, value, url: server.origin }]);
    const page = await context.newPage();
    const errors = consoleErrors(page);
    const jobs = new MachineJobs(api);
    return new PortalSession(database, installation, browser, dataSource, api, jobs, context, page, errors);
  }

  /** Another browser profile, signed in as the same person. */
  async browserContext(options: BrowserContextOptions): Promise<BrowserContext> {
    const context = await this.browser.newContext({ viewport: DESK, ...options });
    context.setDefaultTimeout(60_000);
    await context.addCookies(await this.context.cookies());
    return context;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.installation.stop();
    await this.database.drop();
  }
}
