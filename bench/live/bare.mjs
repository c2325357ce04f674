/**
 * The floor: a server of `ws` that greets as graphql-transport-ws does and sends everyone what it is told to, each with their
 * own ID. It must not know what that is.
 */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { tellWhere } from '../peers/sides/serve.mjs';

const server = createServer();
const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
/** @type {Map<string, { socket: import('ws').WebSocket, id: string }[]>} */
const subscribers = new Map();

sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { type, id, payload } = JSON.parse(String(data));
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
    if (type !== 'subscribe') return;
    const [run] = payload.variables.runIds;
    const all = subscribers.get(run) ?? [];
    subscribers.set(run, all);
    all.push({ socket, id });
  });
});

process.on('message', ({ run, data, isLast }) => {
  const all = subscribers.get(run) ?? [];
  for (const each of data) {
    const payload = JSON.stringify({ data: each });
    for (const { socket, id } of all) socket.send(`{"id":"${id}","type":"next","payload":${payload}}`);
  }
  if (!isLast) return;
  for (const { socket, id } of all) socket.send(`{"id":"${id}","type":"complete"}`);
  subscribers.delete(run);
});

tellWhere(server, '/');
