//! The enum of a side: one variant for each family of steps.

/// Makes the enum of a side from its families. Each family is an enum in its own file, which implements the trait of
/// the side.
macro_rules! families {
    (
        $(#[doc = $side_doc:literal])*
        $side:ident: $family_of_side:ident;
        $( $(#[cfg($($cfg:tt)*)])? $(#[doc = $doc:literal])* $family:ident($steps:ident), )*
    ) => {
        $(#[doc = $side_doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $side {
            $( $(#[cfg($($cfg)*)])? $(#[doc = $doc])* $family($steps), )*
        }

        impl $side {
            /// The step as a member of its family.
            pub(in crate::launch) fn of_family(&self) -> &dyn $family_of_side {
                match self {
                    $( $(#[cfg($($cfg)*)])? Self::$family(step) => step, )*
                }
            }
        }

        $(
            $(#[cfg($($cfg)*)])?
            impl From<$steps> for $side {
                fn from(step: $steps) -> Self {
                    Self::$family(step)
                }
            }
        )*
    };
}

pub(super) use families;
