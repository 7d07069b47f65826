// Serves one of the stores behind its framework: `node server.js SYSTEM TABLE`, on a port that it prints.
import { createServer } from 'node:http';

const [system, table] = process.argv.slice(2);
const { listener } = await import(`./systems/${system}.js`);
const server = createServer(await listener(table));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

// It ends with the program that started it, however that ends.
process.stdin.on('end', () => process.exit()).resume();
