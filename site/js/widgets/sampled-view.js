// @ts-check
/**
 * What the views of a distribution have in common: they ask by the settings of the prompt box, as they stand in its
 * fields. Before a model is there, only what the build has recorded can be shown: the settings that a box begins with.
 */
import { engine } from "../engine.js";
import { LiveView } from "./live-view.js";

export class SampledView extends LiveView {
  /** @override @returns {Record<string, any>} */
  get want() {
    const asked = /** @type {Record<string, any>} */ (super.want);
    if (!engine.state.info) return asked;
    const { greedy, temperature, top_k, top_p, seed } = engine.session.settings;
    return { ...asked, greedy, temperature, top_k, top_p, seed };
  }
}
