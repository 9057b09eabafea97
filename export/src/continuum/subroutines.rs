//! Fortran subroutines between the arrays of the finite element program and the functions of a point.

use itertools::Itertools;

use super::super::ExportError;
use super::super::comments;
use super::super::fortran::{self, double};
use super::super::sheet::{NamedModel, spread};
use super::point::Point;
use super::roles::InputRole;
use super::{PointInterface, StrainMeasure};

/// Number of points among which the largest stiffness is found.
const STIFFNESS_POINTS: usize = 200;

/// Refuses points whose strain entries do not suit the program or the strain measure.
pub fn refuse(point: &Point, program: PointInterface, measure: StrainMeasure) -> Result<(), ExportError> {
    let named = point.named().join(", ");
    if measure == StrainMeasure::Lagrange && point.entries.len() < 4 {
        return super::refuse(format!(
            "strains of Green and Lagrange need 11, 22, 33 and 12 at least, and the model has {named}; choose the measure small"
        ));
    }
    if program == PointInterface::Vumat && point.entries.len() == 3 {
        return super::refuse(
            "Abaqus/Explicit hands over four strains in plane stress, and the model has 11, 22, 12; write a umat",
        );
    }
    Ok(())
}

/// Writes the whole file, before its conversion to fixed form.
pub fn write(sheet: &NamedModel, point: &Point, program: PointInterface, measure: StrainMeasure) -> String {
    let name = fortran::prefix(sheet);
    let mut header = sheet.header();
    header.extend(about(sheet, point, program, measure));
    let body = match program {
        PointInterface::Umat => umat(point, measure),
        PointInterface::Vumat => vumat(point, measure),
    };
    let module = wrapped(&name, sheet, point, program, measure);
    comments::marked("!", &header) + "\n" + &fortran::module(sheet) + &module + &body.replace("@name@", &name)
}

fn number_of(place: usize, what: &str) -> String {
    format!("  {place}: {what}")
}

/// Lines that describe the use of the subroutine.
fn about(sheet: &NamedModel, point: &Point, program: PointInterface, measure: StrainMeasure) -> Vec<String> {
    let is_umat = program == PointInterface::Umat;
    let name = &sheet.name;
    let elements = match (point.entries.len(), is_umat) {
        (1, _) => "bars, which keep their width: the strain along them is the only one of the model",
        (3, _) => "plane stress (NTENS = 3); in the plane they are those of plane strain too, but S33 is not known",
        (4, true) => "plane strain, generalised plane strain and solids of revolution (NTENS = 4)",
        (4, false) => "plane strain and solids of revolution",
        (_, true) => "solids (NTENS = 6), plane strain, generalised plane strain and solids of revolution (NTENS = 4)",
        (_, false) => "solids, plane strain and solids of revolution",
    };
    let mut lines = vec![
        String::new(),
        if is_umat {
            "Subroutine UMAT of Abaqus/Standard: user=this file. It is in fixed source form (.f, .for).".into()
        } else {
            "Subroutine VUMAT of Abaqus/Explicit: user=this file, double=both. It is in fixed source form (.f, .for).".into()
        },
        "It allocates nothing and may be called from any thread. As a shared library for other programs:".into(),
        format!("  gfortran -O2 -shared -fPIC {name}.f -o {name}.so"),
        format!("Elements: {elements}."),
    ];
    let strain: &[&str] = match (measure, is_umat) {
        (StrainMeasure::Small, true) => &[
            "Strain: STRAN + DSTRAN in the order 11, 22, 33, 12, 13, 23, shear as angles; displacements must be small (NLGEOM off).",
            "Axes are the global ones, or those of *ORIENTATION. DDSDDE is the derivative of STRESS by DSTRAN.",
        ],
        (StrainMeasure::Small, false) => &[
            "Strain: the sum of strainInc in the order 11, 22, 33, 12, 23, 31, shear as entries of the tensor, in the axes that",
            "turn with the material; strains should be small (the sum is the logarithmic strain only along fixed axes).",
        ],
        (StrainMeasure::Lagrange, true) => &[
            "Strain: that of Green and Lagrange, (F^T F - 1)/2 of DFGRD1, in global axes, without *ORIENTATION; NLGEOM on.",
            "STRESS is Cauchy's. DDSDDE is the tangent of the Jaumann rate of J times it, over J, by the rate of deformation.",
        ],
        (StrainMeasure::Lagrange, false) => &[
            "Strain: that of Green and Lagrange, (U U - 1)/2 of stretchNew. Stress is Cauchy's in the axes that turn with the material.",
            "Order 11, 22, 33, 12, 23, 31. Global axes at the beginning, without *ORIENTATION.",
        ],
    };
    lines.extend(strain.iter().map(ToString::to_string));
    let unsymmetric = if is_umat && point.has_rates { ", UNSYMM" } else { "" };
    lines.push(format!("*USER MATERIAL{unsymmetric}, CONSTANTS=... :"));
    lines.push(number_of(
        1,
        "viscosity, stress times time, may be missing: it times the rate of the strain is added to the stress",
    ));
    for role in &point.others {
        if let InputRole::Property(place) = role {
            lines.push(number_of(*place, "an input of the model, see above"));
        }
    }
    let own = if is_umat || measure == StrainMeasure::Lagrange { 0 } else { point.entries.len() };
    let kept = point.kept() + own;
    lines.push(if kept == 0 { "*DEPVAR: none.".into() } else { format!("*DEPVAR {kept}, which begin at zero:") });
    if point.states > 0 {
        let states = if point.states == 1 { "1".into() } else { format!("1 to {}", point.states) };
        lines.push(format!("  {states}: the states, counted from where the material begins"));
    }
    lines.extend(point.shown.iter().enumerate().map(|(k, shown)| number_of(point.states + k + 1, shown)));
    if own > 0 {
        lines.push(format!("  {} to {kept}: the strain so far, shear as angles", point.kept() + 1));
    }
    let volume = if measure == StrainMeasure::Lagrange { "current volume" } else { "volume" };
    if is_umat {
        lines
            .push(format!("SSE is the free energy, SPD the dissipation of the states, SCD that of the viscosity, per {volume}."));
        lines.push(
            "If a number is not finite, PNEWDT becomes 0.25 and DDSDDE zero, so that Abaqus repeats a shorter increment.".into(),
        );
    } else {
        lines
            .push("enerIntern is the work on the material, enerInelas the dissipation of states and viscosity, per mass.".into());
        lines.push("At time zero, from which Abaqus derives the speed of waves, the response is elastic with the largest stiffness of the model.".into());
    }
    lines
}

/// Writes the module with the response of a point and the helper functions of the subroutine.
fn wrapped(name: &str, sheet: &NamedModel, point: &Point, program: PointInterface, measure: StrainMeasure) -> String {
    let (len, kept, is_umat) = (point.entries.len(), point.kept(), program == PointInterface::Umat);
    let weights = point.entries.iter().map(|&entry| if entry < 3 { "1d0" } else { "0.5d0" }).join(", ");
    let constants =
        point.others.iter().filter_map(|role| if let InputRole::Property(place) = role { Some(*place) } else { None }).max();
    let own = if measure == StrainMeasure::Lagrange { 0 } else { len };
    let mut text = format!(
        "
module {name}_point
    use {name}_model
    implicit none
    public
! Entries of the strain, numbers that are kept for a point, constants that must be given.
    integer, parameter :: entries = {len}, kept = {kept}
    integer, parameter :: constants = {}
! Of each entry, the part of the angle that is an entry of the tensor.
    double precision, parameter :: weight(entries) = [{weights}]
",
        constants.unwrap_or(0)
    );
    if measure == StrainMeasure::Lagrange {
        text += "! The axes of each entry.\n    integer, parameter :: first(6) = [1, 2, 3, 1, 1, 2]\n    integer, parameter :: second(6) = [1, 2, 3, 2, 3, 3]\n";
    }
    if !is_umat {
        text += &format!(
            "! The strain is kept too, after the rest; entries are in another order here.\n    integer, parameter :: own = {own}\n    integer, parameter :: order(6) = [1, 2, 3, 4, 6, 5]\n    double precision, parameter :: stiffness = {}\n",
            double(stiffness(sheet))
        );
    }
    text += "contains\n";
    text += &respond(name, point, is_umat);
    if measure == StrainMeasure::Lagrange {
        text += include_str!("tensors.f");
        text += if is_umat { include_str!("spatial.f") } else { "" };
    }
    text + "end module\n"
}

/// Bound on the stiffness in any direction within the ranges of interest: the largest row sum of the tangent.
fn stiffness(sheet: &NamedModel) -> f64 {
    let function = sheet.whole();
    let results = function.evaluate(&spread(function, STIFFNESS_POINTS));
    let (tangent, result) = (results.last().expect("a tangent"), function.results.last().expect("a tangent"));
    let rows = tangent.chunks(result.shape[1]).map(|row| row.iter().map(|entry| entry.abs()).sum::<f64>());
    rows.filter(|sum| sum.is_finite()).fold(f64::MIN_POSITIVE, f64::max)
}

/// Writes the response of a point with its viscosity.
fn respond(name: &str, point: &Point, with_tangent: bool) -> String {
    let (states, kept) = (point.states, point.kept());
    let others = other(point);
    let (function, tangent) = if with_tangent { ("tangent", ", tangent") } else { ("stress", "") };
    let arguments = [
        (true, "strain".into()),
        (point.has_rates, "before, [duration]".into()),
        (states > 0, format!("given(1:{states})")),
        (!point.others.is_empty(), "others".into()),
        (true, "energy".into()),
        (states > 0, "spent".into()),
        (true, "stress".into()),
        (states > 0, format!("after(1:{states})")),
        (kept > states, format!("after({}:{kept})", states + 1)),
        (with_tangent, "rows".into()),
    ];
    let call = arguments.into_iter().filter_map(|(is_present, argument)| is_present.then_some(argument)).join(", ");
    let mut text = format!(
        "
! Energies, stress and states after a step from the strain before it, the states before it{}.
    pure recursive subroutine respond(strain, before, duration, given, {others}viscosity, energy, spent, viscous, stress, after{tangent})
        double precision, intent(in) :: strain(entries), before(entries), duration
        double precision, intent(in) :: given(kept), viscosity
        double precision, intent(out) :: energy, spent, viscous, stress(entries)
        double precision, intent(out) :: after(kept)
        double precision :: drag(entries)
",
        if others.is_empty() { "" } else { " and the values that are no strain" }
    );
    if !point.others.is_empty() {
        text += &format!("        double precision, intent(in) :: others({})\n", point.others.len());
    }
    if with_tangent {
        text += "        double precision, intent(out) :: tangent(entries, entries)\n        double precision :: rows(entries * entries)\n        integer :: k\n";
    }
    if states == 0 {
        text += "        spent = 0d0\n";
        // The model has no states.
        if kept == 0 {
            text += "        after = given\n";
        }
    }
    text += &format!("        call {name}_{function}({call})\n");
    if with_tangent {
        text += "        tangent = transpose(reshape(rows, [entries, entries]))\n";
    }
    text += "        viscous = 0d0
        if (viscosity > 0d0 .and. duration > 0d0) then
            drag = viscosity * weight * (strain - before) / duration
            stress = stress + drag
            viscous = sum(drag * (strain - before))
";
    if with_tangent {
        text += "            do k = 1, entries
                tangent(k, k) = tangent(k, k) + viscosity * weight(k) / duration
            end do
";
    }
    text + "        end if\n    end subroutine\n"
}

/// Lines that read the values that are not strains.
fn others(point: &Point, field: impl Fn(usize) -> String) -> String {
    let line = |(k, role): (usize, &InputRole)| match role {
        InputRole::Field(place) => format!("    others({}) = {}\n", k + 1, field(*place)),
        InputRole::Property(place) => format!("    others({}) = props({place})\n", k + 1),
        _ => unreachable!("strains are no other values"),
    };
    point.others.iter().enumerate().map(line).join("")
}

fn filled(template: &str, marks: &[(&str, String)]) -> String {
    marks.iter().fold(template.to_owned(), |text, (mark, with)| text.replace(&format!("@{mark}@"), with))
}

fn declared(point: &Point) -> String {
    if point.others.is_empty() { String::new() } else { format!("    double precision :: others({})\n", point.others.len()) }
}

fn other(point: &Point) -> &'static str {
    if point.others.is_empty() { "" } else { "others, " }
}

fn umat(point: &Point, measure: StrainMeasure) -> String {
    let elements = match point.entries.len() {
        1 => "ndi == 1 .and. nshr == 0",
        3 => "ndi == 2 .and. nshr == 1",
        4 => "ndi == 3 .and. nshr == 1",
        _ => "ndi == 3 .and. (nshr == 1 .or. nshr == 3)",
    };
    let strain = match measure {
        StrainMeasure::Small => {
            "    before = 0d0\n    before(1:ntens) = stran\n    strain = before\n    strain(1:ntens) = strain(1:ntens) + dstran\n"
        }
        StrainMeasure::Lagrange => "    call green(dfgrd0, before)\n    call green(dfgrd1, strain)\n",
    };
    let spatial = match measure {
        StrainMeasure::Small => "",
        StrainMeasure::Lagrange => "    call carried(dfgrd0, c_before, last)\n    call spatial(dfgrd1, s, c, now)\n",
    };
    let unused = if measure == StrainMeasure::Lagrange { "    double precision :: c_before(entries, entries)\n" } else { "" };
    filled(
        include_str!("umat.f"),
        &[
            ("declared", declared(point) + unused),
            ("elements", elements.into()),
            ("others", others(point, |place| format!("predef({place}) + dpred({place})"))),
            ("other", other(point).into()),
            ("strain", strain.into()),
            ("spatial", spatial.into()),
        ],
    )
}

fn vumat(point: &Point, measure: StrainMeasure) -> String {
    let elements = match point.entries.len() {
        1 => "ndir == 1 .and. nshr == 0",
        4 => "ndir == 3 .and. nshr == 1",
        _ => "ndir == 3 .and. (nshr == 1 .or. nshr == 3)",
    };
    let deeper = |text: String| text.lines().map(|line| format!("    {line}\n")).join("");
    let strain = match measure {
        StrainMeasure::Small => {
            "        before = stateOld(k, kept + 1:kept + own)
        strain = before
        do j = 1, n
            strain(order(j)) = strain(order(j)) + strainInc(k, j) / weight(order(j))
        end do
        stateNew(k, kept + 1:kept + own) = strain
"
        }
        StrainMeasure::Lagrange => {
            "        u = 0d0
        do j = 1, n
            u(first(order(j)), second(order(j))) = stretchOld(k, j)
            u(second(order(j)), first(order(j))) = stretchOld(k, j)
        end do
        call green(u, before)
        do j = 1, n
            u(first(order(j)), second(order(j))) = stretchNew(k, j)
            u(second(order(j)), first(order(j))) = stretchNew(k, j)
        end do
        call green(u, strain)
"
        }
    };
    let (spatial, unused) = match measure {
        StrainMeasure::Small => ("", ""),
        StrainMeasure::Lagrange => (
            "        call carried(u, t, now)\n        s = matmul(t, s) / now\n",
            "    double precision :: u(3, 3), t(entries, entries)\n",
        ),
    };
    let fields =
        point.others.iter().filter_map(|role| if let InputRole::Field(place) = role { Some(*place) } else { None }).max();
    let fields = fields
        .map_or_else(String::new, |most| format!("    if (nfieldv < {most}) error stop 'vumat: field variables are missing'\n"));
    filled(
        include_str!("vumat.f"),
        &[
            ("declared", declared(point) + unused),
            ("elements", elements.into()),
            ("fields", fields),
            ("others", deeper(others(point, |place| format!("fieldNew(k, {place})")))),
            ("other", other(point).into()),
            ("strain", strain.into()),
            ("spatial", spatial.into()),
        ],
    )
}
