import { fireEvent } from '@testing-library/react';

import { adviceScenes } from './fixtures/adviceScenes';
import { scenes as runScenes } from './fixtures/scenes';
import { show } from './render';

const scenes = [...runScenes, ...adviceScenes];

describe('every state', () => {
  it.each(scenes.map(scene => [scene.name, scene] as const))(
    'has words: %s',
    async (_, scene) => {
      const panel = await show(scene.session);
      for (const name of scene.open ?? []) {
        fireEvent.click(panel.getByRole('button', { name }));
      }
      // What a field or a title holds can be read too.
      const titles = [
        ...panel.container.querySelectorAll('[title], input')
      ].map(
        node => node.getAttribute('title') ?? node.getAttribute('placeholder')
      );
      const text = [panel.container.textContent, ...titles].join('\n');
      for (const words of scene.words) {
        expect(text).toContain(words);
      }
    }
  );

  it.each(scenes.map(scene => [scene.name, scene] as const))(
    'has at most one primary button: %s',
    async (_, scene) => {
      const panel = await show(scene.session);
      expect(
        panel.container.querySelectorAll('.jp-mod-accept:not(:disabled)').length
      ).toBeLessThanOrEqual(1);
    }
  );

  it.each(scenes.map(scene => [scene.name, scene] as const))(
    'names every control: %s',
    async (_, scene) => {
      const panel = await show(scene.session);
      for (const control of panel.container.querySelectorAll(
        'button, input, select, textarea'
      )) {
        const name =
          control.getAttribute('aria-label') ??
          control.closest('label')?.textContent ??
          control.textContent;
        expect(name?.trim()).toBeTruthy();
      }
    }
  );

  it('never makes markup of a name', async () => {
    const scene = scenes.find(s => s.name.includes('300 columns'));
    const panel = await show(scene?.session ?? null);
    expect(panel.container.querySelector('img')).toBeNull();
    expect(panel.getByText('<img src=x onerror=alert(1)>')).toBeTruthy();
  });
});
