/** What the server is given: where it listens, whom it answers, and how much it takes. It must not know how that is carried out. */
import type { Shared } from '../context.ts';
import type { AdmissionLimits } from './admission.ts';
import type { Authenticator } from './authentication.ts';
import type { DocumentLimits } from './document-limits.ts';
import type { Doors } from './guard.ts';

/** Where the graph is served. */
export const GRAPHQL_PATH = '/graphql';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly authenticator: Authenticator;
  readonly exposure: ExposureOptions;
  readonly transport: TransportOptions;
  readonly requests: RequestLimits;
  readonly shared: Shared;
  readonly log: (line: string) => void;
}

/** What is shown, and to whom. */
export interface ExposureOptions extends Omit<Doors, 'listensOn'> {
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** The files of a certificate and its key; neither: no TLS. */
  readonly tlsCertificate: string | undefined;
  readonly tlsKey: string | undefined;
  /** The file of the only documents that are executed; undefined where all are. */
  readonly trustedDocuments: string | undefined;
}

/** What clients may have open. */
export interface TransportOptions extends AdmissionLimits {
  /** How many bytes a subscriber may be behind. */
  readonly unsentBytes: number;
  /** How long queries under way have to end when the server stops, in milliseconds. */
  readonly drainTimeout: number;
}

/** How large requests may be. */
export interface RequestLimits {
  /** The largest that is read, over either transport, in bytes. */
  readonly bytes: number;
  /** How many operations one may hold. */
  readonly operations: number;
  /** How long one may take to arrive, in milliseconds. */
  readonly arrivalTimeout: number;
  readonly document: DocumentLimits;
}
