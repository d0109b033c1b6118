// Serves the synthetic repository on a loopback address and misbehaves on request: the first part of the path says how.
//
//   /repo/...          as it is                    /auth/...        401 without the right name and password
//   /status/CODE/...   that status, no content     /hang/...        never an answer
//   /deb-status/CODE/...   packages: that status; everything else as it is
//   /slow/BYTES/...    so many bytes a second      /cut/BYTES/...   closes after so many bytes
//
// It is a proxy for itself as well (a request line with a whole address), to test proxy settings. It asks for no login, but
// refuses a wrong one, and logs which it was given.
// Usage: apt-server.mjs ROOT ADDRESS PORT ACCESS_LOG
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';

const [root, address, port, accessLogPath] = process.argv.slice(2);
const accessLog = createWriteStream(accessLogPath, { flags: 'a' });
const expectedLogin = `Basic ${Buffer.from('fleet:secret').toString('base64')}`;
const expectedProxyLogin = `Basic ${Buffer.from('fleet:p@ss/wörd').toString('base64')}`;
const slowSteps = 5;

const refuse = (response, status, headers = {}) => {
  response.writeHead(status, headers);
  response.end();
};

/** @returns the file's details, or undefined when there is no such file inside the root */
const findFile = async (path) => {
  const file = join(root, normalize(`/${path}`));
  const details = await stat(file).catch(() => undefined);
  return details?.isFile() ? { file, size: details.size, modified: details.mtime.toUTCString() } : undefined;
};

const sendSlowly = async (response, file, bytesPerSecond) => {
  const step = Math.max(1, Math.floor(bytesPerSecond / slowSteps));
  for await (const part of createReadStream(file, { highWaterMark: step })) {
    if (response.destroyed) return;
    response.write(part);
    await new Promise((resolve) => setTimeout(resolve, 1000 / slowSteps));
  }
  response.end();
};

const sendFile = async (request, response, path, { bytesPerSecond = 0, cutAfter = 0 } = {}) => {
  const found = await findFile(path);
  if (!found) return refuse(response, 404);
  if (request.headers['if-modified-since'] === found.modified) return refuse(response, 304);
  response.writeHead(200, { 'Content-Length': found.size, 'Last-Modified': found.modified });
  if (request.method === 'HEAD') return response.end();
  if (bytesPerSecond > 0) return sendSlowly(response, found.file, bytesPerSecond);
  const cut = cutAfter > 0 && found.size > cutAfter;
  const content = createReadStream(found.file, cut ? { end: cutAfter - 1 } : {});
  content.on('end', () => cut && setTimeout(() => response.destroy(), 50));
  content.pipe(response, { end: !cut });
};

const answer = async (request, response, path) => {
  const [behaviour, ...rest] = path.split('/').slice(1);
  const file = rest.join('/');
  const fileAfterNumber = rest.slice(1).join('/');
  const number = Number(rest[0]);
  switch (behaviour) {
    case 'repo':
      return sendFile(request, response, file);
    case 'auth':
      if (request.headers.authorization === expectedLogin) return sendFile(request, response, file);
      return refuse(response, 401, { 'WWW-Authenticate': 'Basic realm="fleet"' });
    case 'status':
      return refuse(response, number);
    case 'deb-status':
      return path.endsWith('.deb') ? refuse(response, number) : sendFile(request, response, fileAfterNumber);
    case 'slow':
      return sendFile(request, response, fileAfterNumber, { bytesPerSecond: number });
    case 'cut':
      return sendFile(request, response, fileAfterNumber, { cutAfter: number });
    case 'hang':
      return undefined;
    default:
      return refuse(response, 404);
  }
};

const server = createServer((request, response) => {
  const proxied = /^http:/i.test(request.url);
  const path = decodeURIComponent(new URL(request.url, `http://${address}:${port}`).pathname);
  const given = request.headers['proxy-authorization'];
  const proxyLogin = given === undefined ? 'none' : given === expectedProxyLogin ? 'right' : 'wrong';
  response.on('close', () => {
    const entry = {
      time: new Date().toISOString(),
      method: request.method,
      path,
      proxied,
      proxyLogin,
      status: response.statusCode,
    };
    accessLog.write(`${JSON.stringify(entry)}\n`);
  });
  if (proxyLogin === 'wrong') return refuse(response, 407, { 'Proxy-Authenticate': 'Basic realm="fleet"' });
  answer(request, response, path).catch(() => response.destroy());
});

server.listen(Number(port), address, () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
