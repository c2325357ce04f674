import { expect, test } from 'vitest';
import { type Environment, type Flags, readConfig, readServiceConfig } from '../src/config.ts';
import { ConfigError } from '../src/setting-values.ts';

/** The sentence that a setting is refused with. */
function refused(flags: Flags, env: Environment = {}): string {
  try {
    readConfig(flags, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
}

const PORTS = 'it takes a whole number from 0 (any free port) to 65535.';
const HOSTS = 'it takes a host name or an IP address.';
const SCALES = 'it takes a number from 0.001 to 10000, how many times faster than real time runs go.';

test('without settings both halves are on loopback and open to it, and the data is in .inspector', () => {
  expect(readConfig({}, {})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    authentication: { tokens: undefined, jwt: undefined },
    requests: {
      requestBytes: 262_144,
      batchSize: 10,
      arrivalTimeout: 30,
      queryCharacters: 131_072,
      queryTokens: 10_000,
      queryDepth: 30,
      queryAliases: 30,
      queryDirectives: 200,
      querySelections: 10_000,
    },
    exposure: {
      allowedOrigins: [],
      allowedHosts: [],
      graphiql: true,
      introspection: true,
      tlsCertificate: undefined,
      tlsKey: undefined,
      trustedDocuments: undefined,
    },
    upstream: {
      connections: 200,
      waitingCalls: 10_000,
      rate: 6_000,
      callBudget: 1_000,
      costLimit: 25_000,
      answerValues: 50_000,
      requestTimeout: 60,
      cacheSize: 10_000,
      cacheRulesPackages: 3_600,
      cacheFinishedRuns: 300,
      cacheFindings: 60,
      cacheOthers: 2,
    },
    transport: {
      sockets: 50_000,
      socketsPerAddress: 20_000,
      subscriptions: 100_000,
      subscriptionsPerSocket: 100,
      operationsPerSocket: 100,
      unsentBytes: 1_048_576,
      drainTimeout: 10,
    },
    service: {
      host: '127.0.0.1',
      port: 4100,
      dataDir: '.inspector',
      timeScale: undefined,
      empty: false,
      region: undefined,
      account: undefined,
      readOnly: false,
      keepRunsFor: undefined,
      publicUrl: undefined,
      quotas: {},
    },
    endpoint: undefined,
  });
});

test('each setting is read from its variable', () => {
  const env = {
    PORT: '1',
    HOST: '::1',
    SERVICE_PORT: '2',
    SERVICE_HOST: 'localhost',
    DATA_DIR: '/data',
    TIME_SCALE: '0.5',
    INSPECTOR_REGION: 'eu-west-1',
    INSPECTOR_ACCOUNT: '000000000001',
    READ_ONLY: '1',
    KEEP_RUNS_FOR: '365',
    PUBLIC_URL: 'https://inspector.example/here/',
    MAX_TARGETS: '3',
    MAX_EVENT_SUBSCRIPTIONS: '0',
  };
  expect(readConfig({}, env)).toMatchObject({
    host: '::1',
    port: 1,
    service: {
      host: 'localhost',
      port: 2,
      dataDir: '/data',
      timeScale: 0.5,
      region: 'eu-west-1',
      account: '000000000001',
      readOnly: true,
      keepRunsFor: 365,
      publicUrl: 'https://inspector.example/here',
      quotas: { assessmentTargets: 3, eventSubscriptions: 0 },
    },
  });
});

test('a flag wins over its variable, even over one that is wrong', () => {
  const flags = {
    port: '0',
    host: '0.0.0.0',
    tokens: 'tokens.json',
    servicePort: '65535',
    serviceHost: '::',
    dataDir: 'here',
    timeScale: '10000',
    empty: true,
    readOnly: true,
  };
  const env = {
    PORT: 'x',
    HOST: 'a b',
    TOKENS: ' ',
    SERVICE_PORT: 'x',
    SERVICE_HOST: 'a b',
    DATA_DIR: ' ',
    TIME_SCALE: 'x',
    READ_ONLY: 'x',
  };
  expect(readConfig(flags, env)).toMatchObject({
    host: '0.0.0.0',
    port: 0,
    authentication: { tokens: 'tokens.json', jwt: undefined },
    service: { host: '::', port: 65535, dataDir: 'here', timeScale: 10000, empty: true },
  });
});

test('an empty variable counts as none', () => {
  const names = ['PORT', 'HOST', 'SERVICE_PORT', 'SERVICE_HOST', 'DATA_DIR', 'TIME_SCALE', 'INSPECTOR_ENDPOINT'];
  expect(readConfig({}, Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}, {}));
});

test('a bad port is refused by the name that it was given under', () => {
  expect(refused({ port: '65536' })).toBe(`--port is "65536"; ${PORTS}`);
  expect(refused({ servicePort: '-1' })).toBe(`--service-port is "-1"; ${PORTS}`);
  expect(refused({}, { PORT: 'http' })).toBe(`PORT is "http"; ${PORTS}`);
  expect(refused({}, { SERVICE_PORT: '4100.5' })).toBe(`SERVICE_PORT is "4100.5"; ${PORTS}`);
  for (const port of ['', ' 80', '0x50', '1e3', 'NaN']) expect(refused({ port })).toContain(PORTS);
});

test('a bad host is refused by the name that it was given under', () => {
  expect(refused({ host: 'http://localhost' })).toBe(`--host is "http://localhost"; ${HOSTS}`);
  expect(refused({ serviceHost: '' })).toBe(`--service-host is ""; ${HOSTS}`);
  expect(refused({}, { HOST: 'a b' })).toBe(`HOST is "a b"; ${HOSTS}`);
  expect(refused({}, { SERVICE_HOST: '*' })).toBe(`SERVICE_HOST is "*"; ${HOSTS}`);
});

test('a bad directory is refused by the name that it was given under', () => {
  expect(refused({ dataDir: '' })).toBe('--data-dir is ""; it takes the path of a directory.');
  expect(refused({}, { DATA_DIR: ' ' })).toBe('DATA_DIR is " "; it takes the path of a directory.');
});

test('a bad time scale is refused by the name that it was given under', () => {
  expect(refused({ timeScale: 'fast' })).toBe(`--time-scale is "fast"; ${SCALES}`);
  expect(refused({}, { TIME_SCALE: '0' })).toBe(`TIME_SCALE is "0"; ${SCALES}`);
  for (const timeScale of ['', ' ', '-1', '10001', 'NaN', 'Infinity']) {
    expect(refused({ timeScale })).toContain(SCALES);
  }
});

test('a bad region, account, number of days or URL is refused by the name that it was given under', () => {
  expect(refused({ region: 'US West' })).toBe('--region is "US West"; it takes a region, such as us-west-2.');
  expect(refused({}, { INSPECTOR_ACCOUNT: '1234' })).toBe(
    'INSPECTOR_ACCOUNT is "1234"; it takes the twelve digits of an account.',
  );
  expect(refused({}, { READ_ONLY: 'yes' })).toBe('READ_ONLY is "yes"; it takes true or false.');
  for (const keepRunsFor of ['', '0', '-1', '1.5', '100000', 'week']) {
    expect(refused({ keepRunsFor })).toBe(
      `--keep-runs-for is "${keepRunsFor}"; it takes a whole number of days from 1 to 99999.`,
    );
  }
  for (const maxRuns of ['', '-1', '1.5', '1e9', 'all']) {
    expect(refused({ maxRuns })).toBe(`--max-runs is "${maxRuns}"; it takes a whole number from 0 to 999999999.`);
  }
  for (const publicUrl of ['', 'inspector.example', 'ftp://a', 'http://a?b', 'http://a#b', 'http://me:secret@a']) {
    expect(refused({ publicUrl })).toContain('--public-url is ');
  }
});

const ISSUER = { jwtIssuer: 'https://issuer.example', jwtAudience: 'inspector' };

test('tokens that others sign are known by their keys, their issuer and their audience', () => {
  const jwt = {
    issuer: 'https://issuer.example',
    audience: 'inspector',
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    accountsClaim: 'accounts',
  };
  const jwksUrl = 'https://issuer.example/keys';
  expect(readConfig({ jwksUrl, ...ISSUER }, {}).authentication.jwt).toEqual({ ...jwt, keys: { url: jwksUrl } });
  const env = {
    JWT_KEY_FILE: 'key.pem',
    JWT_ISSUER: ISSUER.jwtIssuer,
    JWT_AUDIENCE: ISSUER.jwtAudience,
    JWT_ALGORITHMS: 'ES384, RS512',
    JWT_ACCOUNTS_CLAIM: 'https://issuer.example/accounts',
  };
  expect(readConfig({}, env).authentication.jwt).toEqual({
    ...jwt,
    keys: { file: 'key.pem' },
    algorithms: ['ES384', 'RS512'],
    accountsClaim: 'https://issuer.example/accounts',
  });
});

test('a gateway that others reach is refused unless it is said who may ask', () => {
  const sentence = (name: string, host: string) =>
    `${name} is "${host}", which others reach; set --tokens, --jwks-url or --jwt-key-file to say who may ask.`;
  expect(refused({ host: '0.0.0.0' })).toBe(sentence('--host', '0.0.0.0'));
  expect(refused({}, { HOST: '::' })).toBe(sentence('HOST', '::'));
  expect(readConfig({ host: '0.0.0.0' }, { TOKENS: 'tokens.json' }).host).toBe('0.0.0.0');
  expect(readConfig({ host: '10.0.0.1', jwksUrl: 'https://a.example', ...ISSUER }, {}).host).toBe('10.0.0.1');
  for (const host of ['localhost', '127.0.0.2', '::1']) expect(readConfig({ host }, {}).host).toBe(host);
  // What the gateway listens on is nothing to the service.
  expect(readServiceConfig({}, { HOST: '0.0.0.0', JWT_ISSUER: 'alone' }).host).toBe('127.0.0.1');
});

test('settings of tokens that leave open whose they are, or for whom, are refused', () => {
  const { jwtIssuer, jwtAudience } = ISSUER;
  const jwksUrl = 'https://issuer.example/keys';
  const both =
    '--jwks-url is set; it takes --jwt-issuer, who signs, and --jwt-audience, whom the tokens are for, as well.';
  expect(refused({ jwksUrl })).toBe(both);
  expect(refused({ jwksUrl, jwtIssuer })).toBe(both);
  expect(refused({ jwksUrl, jwtAudience })).toBe(both);
  expect(refused({ jwtKeyFile: 'key' })).toBe(both.replace('--jwks-url', '--jwt-key-file'));
  expect(refused({ jwksUrl, jwtKeyFile: 'key', ...ISSUER })).toBe(
    '--jwks-url and --jwt-key-file are both set; one says where the keys are.',
  );
  expect(refused({}, { JWT_AUDIENCE: 'inspector' })).toBe(
    'JWT_AUDIENCE is set but neither --jwks-url nor --jwt-key-file says where the keys are.',
  );
  for (const url of ['issuer.example/keys', 'http://issuer.example/keys', 'file:///keys', '']) {
    expect(refused({ jwksUrl: url, ...ISSUER })).toBe(
      `--jwks-url is ${JSON.stringify(url)}; it takes a URL that begins with https://, or, on loopback, with http://.`,
    );
  }
  // The URL stands in the log where its keys do not come.
  expect(refused({ jwksUrl: 'https://gateway:secret@issuer.example/keys', ...ISSUER })).toBe(
    '--jwks-url holds a name or password; it takes a URL without.',
  );
  for (const jwtAlgorithms of ['HS256', 'RS256,HS512', 'none', 'RS256,none', 'A128KW', '', ',']) {
    expect(refused({ jwksUrl, jwtAlgorithms, ...ISSUER })).toBe(
      `--jwt-algorithms is "${jwtAlgorithms}"; it takes a list of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519.`,
    );
  }
  expect(refused({ tokens: '' })).toBe('--tokens is ""; it takes the path of a file.');
  expect(refused({ jwksUrl, ...ISSUER, jwtIssuer: ' ' })).toBe(
    '--jwt-issuer is " "; it takes the `iss` of the tokens.',
  );
});

test('GraphiQL and introspection are on where only this machine is answered, and elsewhere where they are asked for', () => {
  const shown = (flags: Flags) => {
    const { graphiql, introspection } = readConfig({ tokens: 'tokens.json', ...flags }, {}).exposure;
    return { graphiql, introspection };
  };
  const all = { graphiql: true, introspection: true };
  const nothing = { graphiql: false, introspection: false };
  for (const host of ['127.0.0.1', 'localhost', '::1']) expect(shown({ host })).toEqual(all);
  for (const host of ['0.0.0.0', '::', '10.0.0.1']) {
    expect(shown({ host })).toEqual(nothing);
    expect(shown({ host, introspection: 'true' })).toEqual({ graphiql: false, introspection: true });
    expect(shown({ host, introspection: 'true', graphiql: 'true' })).toEqual(all);
  }
  expect(shown({ introspection: 'false' })).toEqual(nothing);
  expect(shown({ graphiql: 'false' })).toEqual({ graphiql: false, introspection: true });
  expect(shown({ trustedDocuments: 'documents.json' })).toEqual(nothing);
});

test('GraphiQL without introspection, and either with trusted documents, is refused', () => {
  const needs = 'is on but GraphiQL needs introspection, which is off; give --introspection true too.';
  expect(refused({ graphiql: 'true', introspection: 'false' })).toBe(`--graphiql ${needs}`);
  expect(refused({ host: '0.0.0.0', tokens: 'tokens.json' }, { GRAPHIQL: 'true' })).toBe(`GRAPHIQL ${needs}`);
  const trustedDocuments = 'documents.json';
  const only = 'is on but with --trusted-documents only the documents of its file are executed; give one of them.';
  expect(refused({ trustedDocuments, introspection: 'true' })).toBe(`--introspection ${only}`);
  expect(refused({ trustedDocuments }, { GRAPHIQL: 'true' })).toBe(`GRAPHIQL ${only}`);
  expect(refused({ graphiql: 'yes' })).toBe('--graphiql is "yes"; it takes true or false.');
  expect(refused({ trustedDocuments: ' ' })).toBe('--trusted-documents is " "; it takes the path of a file.');
});

test('a certificate without a key is refused, and a key without a certificate', () => {
  expect(refused({ tlsCertificate: 'a.pem' })).toBe('--tls-certificate is given but --tls-key is not; TLS takes both.');
  expect(refused({}, { TLS_KEY: 'a.pem' })).toBe('TLS_KEY is given but --tls-certificate is not; TLS takes both.');
});

test('origins and hosts are listed with commas, each by its name', () => {
  const { exposure } = readConfig(
    { allowedOrigins: 'https://App.example, http://localhost:3000,https://a.example:443/' },
    { ALLOWED_HOSTS: 'Inspector.example,10.0.0.1, [::1],' },
  );
  expect(exposure.allowedOrigins).toEqual(['https://app.example', 'http://localhost:3000', 'https://a.example']);
  expect(exposure.allowedHosts).toEqual(['inspector.example', '10.0.0.1', '[::1]']);
  const origins = 'it takes origins with commas between them, such as https://app.example.';
  for (const allowedOrigins of [
    '*',
    'null',
    'https://*.example',
    'app.example',
    'https://app.example/here',
    'ftp://a',
    '',
    ',',
  ]) {
    expect(refused({ allowedOrigins })).toBe(`--allowed-origins is "${allowedOrigins}"; ${origins}`);
  }
  const hosts = 'it takes names without ports, with commas between them.';
  for (const allowedHosts of ['*', 'inspector.example:4000', 'https://inspector.example', 'a b', '', ' ', ',']) {
    expect(refused({ allowedHosts })).toBe(`--allowed-hosts is "${allowedHosts}"; ${hosts}`);
  }
});

test('the service does not read the settings of the gateway', () => {
  expect(readServiceConfig({}, { PORT: 'x', GRAPHIQL: 'x', SERVICE_PORT: '1' }).port).toBe(1);
});

test('another endpoint takes the usual region', () => {
  const INSPECTOR_ENDPOINT = 'https://inspector.example';
  const endpointIn = (env: Environment) => readConfig({}, { INSPECTOR_ENDPOINT, ...env }).endpoint;
  const url = INSPECTOR_ENDPOINT;
  expect(endpointIn({ AWS_REGION: 'eu-west-1' })).toEqual({ url, region: 'eu-west-1' });
  expect(endpointIn({ AWS_DEFAULT_REGION: 'eu-west-1' })).toEqual({ url, region: 'eu-west-1' });
  const both = { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'eu-west-1' };
  expect(endpointIn(both)).toEqual({ url, region: 'us-east-1' });
});

test('another endpoint without a region, or that is no URL, is refused', () => {
  expect(refused({}, { INSPECTOR_ENDPOINT: 'http://127.0.0.1:4100' })).toBe(
    'INSPECTOR_ENDPOINT is set but AWS_REGION is not; it takes the region of the endpoint, such as us-west-2.',
  );
  for (const url of ['127.0.0.1:4100', 'ftp://127.0.0.1', 'inspector']) {
    expect(refused({}, { INSPECTOR_ENDPOINT: url, AWS_REGION: 'us-west-2' })).toBe(
      `INSPECTOR_ENDPOINT is ${JSON.stringify(url)}; it takes a URL that begins with http:// or https://.`,
    );
  }
});
