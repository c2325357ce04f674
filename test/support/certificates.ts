/** Two certificates of 127.0.0.1 and localhost, made for tests and trusted by nobody else, that hold for a hundred years. */

/** A certificate that vouches for itself, and its key, in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

export const FIRST: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBrDCCAVOgAwIBAgIUOX74n0Iyfwz3xBb1tZyiEsvq+sMwCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSb25lLmluc3BlY3Rvci50ZXN0MCAXDTI2MTEyMjE0MDAwN1oY
DzIxMjYxMDI5MTQwMDA3WjAdMRswGQYDVQQDDBJvbmUuaW5zcGVjdG9yLnRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASie/0iEmB7xq25hNIlivBWcpGWq+FU
4ctug07mWF4fIwIG4wbFDJhnNs8AOgygutAtJ0yatSQMmYL8gLUHdzUgo28wbTAd
BgNVHQ4EFgQUodOatn21NnYkf3L85jNWsyYOJkwwHwYDVR0jBBgwFoAUodOatn21
NnYkf3L85jNWsyYOJkwwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAAB
gglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDRwAwRAIgQICOAovFlArcWZDgTfrm/sin
FzCnHSZlk4SxMFI6ACECIBzFFPsX8ACI33lit5a8wWrdE8fCtigcdg1fMmErUtLf
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0XfotLaNVstPxdSw
A9C4/Pnu7odsfJQSoIgqE5XlIgKhRANCAASie/0iEmB7xq25hNIlivBWcpGWq+FU
4ctug07mWF4fIwIG4wbFDJhnNs8AOgygutAtJ0yatSQMmYL8gLUHdzUg
-----END PRIVATE KEY-----
`,
};

export const SECOND: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgIUMhjSGRlxY3kyYsPsMkgnDsFhfN0wCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSdHdvLmluc3BlY3Rvci50ZXN0MCAXDTI2MTEyMjE0MDAwN1oY
DzIxMjYxMDI5MTQwMDA3WjAdMRswGQYDVQQDDBJ0d28uaW5zcGVjdG9yLnRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATFpBFiLa7UR+8dWb3MzUHobLkoXDcU
sbUZBtLChYPEmFg+KCcWqVoALqx+SSF0tdPAHdIgyPFGDmC8oQpdwskpo28wbTAd
BgNVHQ4EFgQUh2X92ygdiZX1bzrjQYx/KRWS12gwHwYDVR0jBBgwFoAUh2X92ygd
iZX1bzrjQYx/KRWS12gwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAAB
gglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDSAAwRQIgaMjwtKU3jLuCX6RWP2tPZD2q
xgZ60YIiKtn3PdFqpfoCIQCDGWQ+iJI55PPKekXjKeIffaSlvZd2I2AWAsnkTInZ
mg==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzoaMFDRPWqNDWBjM
bPkVbltVIlXVEgbBkE82TTD2WbChRANCAATFpBFiLa7UR+8dWb3MzUHobLkoXDcU
sbUZBtLChYPEmFg+KCcWqVoALqx+SSF0tdPAHdIgyPFGDmC8oQpdwskp
-----END PRIVATE KEY-----
`,
};
