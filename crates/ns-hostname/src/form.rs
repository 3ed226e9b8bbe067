//! The forms of the host name that can be shown.

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
    /// The form that was asked for.
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

    /// The option of hostname(1), for forms that are right only inside the namespaces of the host, because they ask a
    /// resolver that uses the files and servers there.
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
