import { render } from 'preact';
import { App } from './app';
import '@clr/ui/clr-ui.min.css';
import './styles/app.css';

const root = document.getElementById('app');
if (root) render(<App />, root);
