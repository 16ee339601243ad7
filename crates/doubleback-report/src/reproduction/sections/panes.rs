use maud::{Markup, html};

use crate::eps::{distinct, same_eps};
use crate::format::{self, attack_name};

/// What is shown for one attack and perturbation size.
pub struct Pane {
    pub attack: String,
    pub eps: f64,
    pub body: Markup,
}

/// Panes of which one is shown, chosen by attack and perturbation size. Without scripts all are shown, each with its heading.
pub fn panes(name: &str, panes: &[Pane], first: usize, controls: Option<&Markup>) -> Markup {
    let mut attacks: Vec<&str> = Vec::new();
    for pane in panes {
        if !attacks.contains(&pane.attack.as_str()) {
            attacks.push(&pane.attack);
        }
    }
    let shown = panes.get(first);
    let sizes = shown.map_or(Vec::new(), |shown| {
        distinct(
            panes
                .iter()
                .filter(|pane| pane.attack == shown.attack)
                .map(|pane| pane.eps),
        )
    });
    let place = shown
        .and_then(|shown| sizes.iter().position(|&eps| same_eps(eps, shown.eps)))
        .unwrap_or(0);
    html! {
        div.panes data-panes=(name) {
            div.controls.script-only {
                @if attacks.len() > 1 {
                    fieldset {
                        legend { "Attack" }
                        @for attack in &attacks {
                            label {
                                input type="radio" name={ (name) "-attack" } value=(attack)
                                    checked[shown.is_some_and(|shown| shown.attack == **attack)];
                                (attack_name(attack))
                            }
                        }
                    }
                }
                label.slider hidden[panes.len() <= attacks.len()] {
                    "ε "
                    input type="range" min="0" max=(sizes.len().saturating_sub(1)) step="1" value=(place);
                    output { (shown.map_or(String::new(), |shown| format::short(shown.eps))) }
                }
                @if let Some(controls) = controls { (controls) }
            }
            @for (index, pane) in panes.iter().enumerate() {
                div.pane.on[index == first] data-attack=(pane.attack) data-eps=(format::short(pane.eps)) {
                    h4 { (attack_name(&pane.attack)) ", ε\u{a0}=\u{a0}" (format::short(pane.eps)) }
                    (pane.body)
                }
            }
        }
    }
}
