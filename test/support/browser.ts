/** A real browser for tests, out of a package: it needs no library or font of the system, downloads nothing and leaves nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium } from 'playwright-core';

/** A browser that has never been used; disposing of it closes the browser and removes its files. */
export interface TestBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
}

/**
 * Of the package's own arguments none is used: they would make one process of all, which dies of a character that is in
 * no font, and switch off the checks of origins that web pages live under.
 */
const ARGUMENTS = [
  '--no-zygote',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser with a window of 1400 × 900. */
export async function startBrowser(): Promise<TestBrowser> {
  const directory = await mkdtemp(join(tmpdir(), 'browser-'));
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { executablePath, env } = await unpack(directory);
    const context = await chromium.launchPersistentContext(join(directory, 'user-data'), {
      executablePath,
      env,
      args: ARGUMENTS,
      chromiumSandbox: false,
      timeout: 120_000,
      viewport: { width: 1400, height: 900 },
      deviceScaleFactor: 1,
      colorScheme: 'light',
    });
    return { context, [Symbol.asyncDispose]: () => context.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Unpacked {
  readonly executablePath: string;
  readonly env: Record<string, string>;
}

const UNPACK = `
  const { default: chromium } = await import('@sparticuz/chromium');
  console.log(JSON.stringify({ executablePath: await chromium.executablePath(), env: process.env }));
`;

/** Unpacks the browser; in a process of its own, for the package changes the environment of the one that loads it. */
async function unpack(directory: string): Promise<Unpacked> {
  // Told to be on AWS Lambda, where libraries are missing too, the package brings its own.
  const env = { ...process.env, TMPDIR: directory, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', UNPACK], { env });
  // The package's fonts.conf looks in /tmp, whatever TMPDIR is.
  const fonts = `<fontconfig><dir>${directory}/fonts</dir><cachedir>${directory}/fonts-cache</cachedir></fontconfig>`;
  await writeFile(join(directory, 'fonts', 'fonts.conf'), fonts);
  return JSON.parse(stdout);
}
