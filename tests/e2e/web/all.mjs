// Everything, in this order.
import './pages.mjs';
import './safety.mjs';
import { main } from './lib.mjs';

await main();
