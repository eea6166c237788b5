//! What the analysis found, by call site.

use thin_vec::ThinVec;

use crate::objects::{Object, ObjectId};
use crate::program::{Map, Set, Symbol, Symbols, UnitId};
use crate::solver::{Site, Solver};

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A function or class of the program.
    Unit(UnitId),
    /// Something outside, by its dotted name.
    External(Symbol),
}

/// Callees in order. Nearly all sites have one at most, and a program has very many sites.
#[derive(Clone, Debug, Default)]
pub struct Targets(ThinVec<Target>);

impl Targets {
    /// Add a callee, and say whether it is new.
    pub(crate) fn insert(&mut self, target: Target) -> bool {
        let Err(at) = self.0.binary_search(&target) else { return false };
        if self.0.is_empty() {
            self.0.reserve_exact(1);
        }
        self.0.insert(at, target);
        true
    }

    /// Say whether one is among them.
    pub fn contains(&self, target: &Target) -> bool {
        self.0.binary_search(target).is_ok()
    }

    /// Return them in order.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.0.iter()
    }
}

/// What is known of one site.
#[derive(Clone, Debug, Default)]
pub struct SiteOutcome {
    /// Who is called by what is written here.
    pub targets: Targets,
    /// Who is called without being written: protocols, constructors, descriptors, callbacks.
    pub implicit: Targets,
    /// Of both, those that rest on declared types.
    pub assumed: Targets,
    /// A callee came out of something outside.
    pub opaque: bool,
    /// What decides the callee is only known at run time.
    pub dynamic: bool,
}

/// What is known of sites. Nearly every lookup finds something, so they are found by number.
#[derive(Debug, Default)]
pub struct Sites {
    /// Where a site is in `found`, counted from 1, by site; 0 if it is not.
    places: Vec<u32>,
    found: Vec<SiteOutcome>,
}

impl Sites {
    /// Make room for a program of so many sites. Pages that are never written cost nothing.
    pub(crate) fn for_sites(count: u32) -> Self {
        Self { places: vec![0; count as usize], found: Vec::new() }
    }

    /// Return what is known of a site, from now on something.
    pub(crate) fn entry(&mut self, site: Site) -> &mut SiteOutcome {
        if self.places.len() <= site as usize {
            self.places.resize(site as usize + 1, 0);
        }
        let place = &mut self.places[site as usize];
        if *place == 0 {
            self.found.push(SiteOutcome::default());
            *place = self.found.len() as u32;
        }
        &mut self.found[*place as usize - 1]
    }

    /// Return what is known of a site.
    pub fn get(&self, site: Site) -> Option<&SiteOutcome> {
        let place = self.places.get(site as usize).copied()?;
        self.found.get((place as usize).checked_sub(1)?)
    }

    /// Return the sites of which something is known, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Site, &SiteOutcome)> {
        (0..self.places.len() as Site).filter_map(|site| Some((site, self.get(site)?)))
    }
}

/// The result of an analysis.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By site; sites of calls that were reached have an entry even if nobody is known to be called.
    pub sites: Sites,
    /// Raised objects: (site, object).
    pub raised: Vec<(Site, ObjectId)>,
    /// (site, class unit) of raised classes and instances of the program, and outside ones by name; sorted.
    pub raises: Vec<(Site, Target)>,
    /// What is being acted on, and by (site, callee) what was when it became known: only for explanations.
    pub(crate) cause: (u32, ObjectId),
    /// See `cause`; nothing is taken down where nobody asks.
    pub(crate) causes: Option<Map<(Site, Target), (u32, ObjectId)>>,
    /// Declared types are used for want of values: what is found from now on rests on them.
    pub assumes: bool,
    /// What values say of definitions besides calls.
    pub facts: crate::facts::Facts,
    /// Files that take everything from an outside module.
    pub open_modules: Set<u32>,
    /// Units that were analysed.
    pub reached: Set<UnitId>,
    /// Types that annotations gave to parameters without a value.
    pub declared: u32,
    /// Calls that shared a clone because a unit had too many.
    pub merged_contexts: u32,
    /// Instances that shared an object because a class had too many sites.
    pub merged_instances: u32,
    /// The analysis stopped before it was done.
    pub out_of_budget: bool,
    /// Clones, nodes and passed objects, for the record.
    pub clones: u32,
    /// Nodes of the constraint graph.
    pub nodes: u32,
    /// Nodes that reached their limit.
    pub full_nodes: u32,
    /// Objects that were passed along edges.
    pub steps: u64,
    /// Texts of all symbols.
    pub symbols: Symbols,
    /// First site of each unit.
    pub site_bases: Vec<Site>,
}

impl Outcome {
    /// Take down that a site calls.
    pub(crate) fn note(&mut self, site: Site, target: Target, implicit: bool) {
        let found = self.sites.entry(site);
        let is_new = if implicit { found.implicit.insert(target) } else { found.targets.insert(target) };
        if let Some(causes) = &mut self.causes {
            causes.entry((site, target)).or_insert(self.cause);
        }
        if is_new && self.assumes {
            found.assumed.insert(target);
        }
    }

    pub(crate) fn note_opaque(&mut self, site: Site) {
        self.sites.entry(site).opaque = true;
    }

    pub(crate) fn note_dynamic(&mut self, site: Site) {
        self.sites.entry(site).dynamic = true;
    }

    /// Return the unit of a site.
    pub fn unit_of(&self, site: Site) -> UnitId {
        self.site_bases.partition_point(|first| *first <= site) as u32 - 1
    }
}

impl Solver<'_> {
    /// Turn the solver's state into the outcome.
    pub(crate) fn finish(mut self) -> Outcome {
        let facts = self.facts();
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.facts = facts;
        outcome.reached = self.clones.iter().map(|clone| clone.unit).collect();
        for (site, object) in std::mem::take(&mut outcome.raised) {
            let class = match self.objects.get(object) {
                Object::Instance { class, .. } => class,
                _ => object,
            };
            match self.objects.get(class) {
                Object::Class { unit, .. } => outcome.raises.push((site, Target::Unit(unit))),
                Object::External(name) | Object::ExternalInstance(name) | Object::Made { class: name, .. } => {
                    outcome.raises.push((site, Target::External(name)));
                }
                Object::Function { unit, .. } => outcome.raises.push((site, Target::Unit(unit))),
                _ => {}
            }
        }
        outcome.raises.sort_unstable();
        outcome.raises.dedup();
        outcome.clones = self.clones.len() as u32;
        outcome.nodes = self.graph.len() as u32;
        outcome.steps = self.graph.steps;
        outcome.full_nodes = self.graph.full_nodes;
        outcome.symbols = self.symbols;
        outcome.site_bases = self.site_bases;
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_come_in_order_and_only_those_of_which_something_is_known() {
        let mut sites = Sites::for_sites(4);
        sites.entry(3).opaque = true;
        sites.entry(1).dynamic = true;
        sites.entry(3).dynamic = true;
        sites.entry(9);
        let found: Vec<_> = sites.iter().map(|(site, one)| (site, one.opaque, one.dynamic)).collect();
        assert_eq!(found, [(1, false, true), (3, true, true), (9, false, false)]);
        assert!(sites.get(0).is_none() && sites.get(100).is_none());
    }
}
