/** An HTTP server around one function, as small as it can be. It must not know what it answers. */
import { createServer } from 'node:http';

/**
 * Answers each POST of JSON with what the function makes of it, as JSON, and tells the parent process where.
 * @param {(request: Record<string, unknown>) => Promise<unknown>} answer
 */
export function serve(answer) {
  const server = createServer(async (request, response) => {
    try {
      let text = '';
      for await (const part of request) text += part;
      const body = JSON.stringify({ data: await answer(JSON.parse(text)) });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ message: String(error) }] }));
    }
  });
  tellWhere(server, '/');
}

/**
 * Listens on any free port, sends the parent where, and ends with it.
 * @param {import('node:http').Server} server
 * @param {string} path
 */
export function tellWhere(server, path) {
  server.listen(0, '127.0.0.1', () => process.send?.({ url: `http://127.0.0.1:${server.address().port}${path}` }));
  process.once('disconnect', () => process.exit());
}
