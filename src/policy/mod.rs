//! The model of a policy: statements, principals, actions, resources, conditions; what a pattern matches.
//! It knows the policy language, not AWS's services (that is the catalogue) and no syntax.
