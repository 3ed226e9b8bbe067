//! What is to be shown of the host name.

use crate::cli::Cli;
use crate::name_kind::NameKind;

/// A form of the host name, or a name beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Host,
    Short,
    Domain,
    Fqdn,
    Addresses,
    AllAddresses,
    AllFqdns,
    Aliases,
    Nis,
}

impl Form {
    /// The one that was asked for.
    pub fn of(cli: &Cli) -> Self {
        let views = &cli.views;
        [
            (views.short, Self::Short),
            (views.domain, Self::Domain),
            (views.fqdn, Self::Fqdn),
            (views.ip_address, Self::Addresses),
            (views.all_ip_addresses, Self::AllAddresses),
            (views.all_fqdns, Self::AllFqdns),
            (views.alias, Self::Aliases),
            (cli.name_kind() == NameKind::Domain, Self::Nis),
        ]
        .into_iter()
        .find_map(|(asked, view)| asked.then_some(view))
        .unwrap_or(Self::Host)
    }

    /// The option of hostname(1), for those that are right only inside the namespaces of the host: they ask a resolver
    /// that reads files and asks servers there.
    pub fn resolver_option(self) -> Option<&'static str> {
        match self {
            Self::Fqdn => Some("--fqdn"),
            Self::Addresses => Some("--ip-address"),
            Self::AllFqdns => Some("--all-fqdns"),
            Self::Aliases => Some("--alias"),
            Self::Host | Self::Short | Self::Domain | Self::AllAddresses | Self::Nis => None,
        }
    }
}
