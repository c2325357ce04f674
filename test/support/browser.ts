/** A real browser for tests, out of a package: it needs no library or font of the system, reaches nothing but this machine and leaves nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';

/** A browser; disposing of it closes it and removes its files. */
export interface TestBrowser extends AsyncDisposable {
  /** Opens what a user has who starts the browser for the first time: nothing is stored. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
}

/**
 * None of the package's own arguments is here: they put all into one process, which then dies of a character that is in
 * no font, and switch off the checks of origins that web pages live under.
 */
const ARGUMENTS = [
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--no-zygote',
  '--disable-gpu',
  '--disable-quic',
];

/** Unpacks the browser, which takes seconds, and starts it. */
export async function startBrowser(): Promise<TestBrowser> {
  const directory = await mkdtemp(join(tmpdir(), 'browser-'));
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { executablePath, env } = await unpack(directory);
    const browser = await chromium.launch({ executablePath, env, args: ARGUMENTS, timeout: 120_000 });
    return {
      newContext: (options) => browser.newContext(options),
      [Symbol.asyncDispose]: () => browser.close().finally(remove),
    };
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

/** In a process of its own, for the package changes the environment of the one that loads it. */
async function unpack(directory: string): Promise<Unpacked> {
  // On AWS Lambda libraries are missing that others may miss too: told to be there, the package brings its own.
  const env = { ...process.env, TMPDIR: directory, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', UNPACK], { env });
  // The package's own file names directories that it does not unpack to.
  const fonts = `<fontconfig><dir>${directory}/fonts</dir><cachedir>${directory}/fonts-cache</cachedir></fontconfig>`;
  await writeFile(join(directory, 'fonts', 'fonts.conf'), fonts);
  return JSON.parse(stdout);
}
