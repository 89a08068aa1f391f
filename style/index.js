import './base.css';
import './panel.css';
import './decoration.css';
import './renderer.css';
