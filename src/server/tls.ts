/** The certificate that the gateway shows over TLS: read, checked and renewed. It must not know what is served. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import type { Clock } from '../clock.ts';
import { logText } from './log-text.ts';
import { readSettingFile, UnusableFile } from './unusable-file.ts';

/** Where the certificate is, with those that vouch for it behind it, and its key. */
export interface TlsFiles {
  readonly tlsCertificate: string;
  readonly tlsKey: string;
}

/** How a connection over TLS is opened. */
interface TlsOptions extends SecureContextOptions {
  readonly cert: string;
  readonly key: string;
}

/** How long clients may take to open a connection, in milliseconds. */
export const HANDSHAKE_TIMEOUT = 10_000;
/** How often the files are looked at, in milliseconds. */
const RENEWAL = 60_000;

/** Reads both files. Throws an UnusableFile where they cannot be used, by themselves or together. */
export function readTls({ tlsCertificate, tlsKey }: TlsFiles): TlsOptions {
  const cert = readSettingFile('tlsCertificate', tlsCertificate);
  const key = readSettingFile('tlsKey', tlsKey);
  const options: TlsOptions = { cert, key, minVersion: 'TLSv1.2' };
  const certificate = made(() => new X509Certificate(cert));
  const privateKey = made(() => createPrivateKey(key));
  if (!certificate) throw new UnusableFile('tlsCertificate', tlsCertificate, 'is no certificate in PEM');
  if (!privateKey) throw new UnusableFile('tlsKey', tlsKey, 'is no private key in PEM, without a passphrase');
  if (!certificate.checkPrivateKey(privateKey))
    throw new UnusableFile('tlsKey', tlsKey, 'is not the key of the certificate');
  if (!made(() => createSecureContext(options)))
    throw new UnusableFile('tlsCertificate', tlsCertificate, 'is no certificate that OpenSSL takes');
  return options;
}

function made<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/**
 * Shows the certificate that the files hold by now to who connects from then on, until the signal. Programs that renew
 * certificates replace the files one by one: two that do not belong together are left for the next time.
 */
export async function renewTls(
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  shown: TlsOptions,
  { clock, log, signal }: { clock: Clock; log: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  let { cert, key } = shown;
  while (!signal.aborted) {
    await clock.sleep(RENEWAL, signal);
    if (signal.aborted) return;
    try {
      const now = readTls(files);
      if (now.cert === cert && now.key === key) continue;
      server.setSecureContext(now);
      ({ cert, key } = now);
      log('tls: the renewed certificate is shown from here on');
    } catch (error) {
      const reason = error instanceof UnusableFile ? `${error.file} ${error.message}` : logText(error);
      log(`tls: the certificate was not renewed: ${reason}`);
    }
  }
}
