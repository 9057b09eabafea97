use super::*;

fn names(header: &str) -> Vec<String> {
    header.split(',').filter(|n| !n.is_empty()).map(String::from).collect()
}

fn check(cases: &[(&str, &str, &str, &str)]) {
    for (header, inputs, target, gradient) in cases {
        let Columns { inputs: found, target: value, gradient: slopes, forces, .. } = guess(&names(header));
        let forces = forces.iter().map(|name| format!("-{name}"));
        let slopes: Vec<String> = slopes.into_iter().chain(forces).collect();
        let told = (found.join(","), value.unwrap_or_default(), slopes.join(","));
        assert_eq!(told, ((*inputs).into(), (*target).into(), (*gradient).into()), "{header}");
    }
}

#[test]
fn derivatives_are_recognised_by_name() {
    check(&[
        ("x,y", "x", "y", ""),
        ("x1,x2,energy", "x1,x2", "energy", ""),
        ("x1,x2,f1,f2", "x1,x2", "", "-f1,-f2"),
        ("f2,x2,f1,x1", "x2,x1", "", "-f2,-f1"),
        ("x,y,dEdx,Fy", "x,y", "", "dEdx,-,--,-Fy"),
        ("x,y,fx,fy", "x,y", "", "-fx,-fy"),
        ("x,y,psi,grad_x,grad_y", "x,y", "psi", "grad_x,grad_y"),
        ("a,b,f,df_da,df_db", "a,b", "f", "df_da,df_db"),
        ("q,V,dV/dq", "q", "V", "dV/dq"),
        ("E11,c,dE,G_E11,g_c", "E11,c", "dE", "G_E11,g_c"),
        ("x1,x2,f1", "x1", "x2", "-f1"),
        ("f,g", "f", "g", ""),
        ("", "", "", ""),
    ]);
}

#[test]
fn derivative_names_need_no_separator() {
    check(&[
        ("x,y,E,dEdx,dEdy", "x,y", "E", "dEdx,dEdy"),
        ("x,dEdx", "x", "", "dEdx"),
        ("phi,psi,file.free,der_phi,der_psi", "phi,psi", "file.free", "der_phi,der_psi"),
        ("s,work,c,dworkds", "s", "work", "dworkds"),
        ("phi,fes,dfes_phi", "phi", "fes", "dfes_phi"),
        ("x1,x2,forces1,forces2,E", "x1,x2", "E", "-forces1,-forces2"),
        ("r [nm],U [kT],dU/dr [kT/nm]", "r [nm]", "U [kT]", "dU/dr [kT/nm]"),
        ("x,E,force", "x", "E", "-force"),
        ("x,slope", "x", "", "slope"),
        ("strain,stress [MPa]", "strain", "", "stress [MPa]"),
        ("strain,energy,stress", "strain", "energy", "stress"),
        ("time,strain,stress", "strain", "", "stress"),
        // A word that begins and ends like a derivative but is none.
        ("end,dividend", "end", "dividend", ""),
    ]);
}

#[test]
fn names_of_angles_and_time_mark_samples() {
    for (header, is_it) in [
        ("phi,psi", true),
        ("time,phi,psi", true),
        ("phi1,psi1,chi_1", true),
        ("time,x", true),
        ("frame,distance", true),
        ("phi,E", false),
        ("phi", false),
        ("x,y", false),
        ("time,energy", false),
        ("time,x,y", false),
        ("time,bias", true),
        ("phi,psi,fes", false),
    ] {
        assert_eq!(are_samples(&names(header)), is_it, "{header}");
    }
}

#[test]
fn auxiliary_columns_are_not_guessed_as_value() {
    check(&[
        ("x,E,sigma", "x", "E", ""),
        ("x,y,energy,energy_err", "x,y", "energy", ""),
        ("time,x,y,E", "x,y", "E", ""),
        ("x,E,weight", "x", "E", ""),
        ("x,E,w", "x", "E", ""),
        ("u,v,w,E", "u,v,w", "E", ""),
        ("phi,psi,height", "phi,psi", "height", ""),
        ("time,phi,E,opes.bias,opes.rct,opes.zed", "phi", "E", ""),
        ("Coor,Free,error of Free,Prob", "Coor", "Free", ""),
        ("E,x1,x2", "x1,x2", "E", ""),
        ("x,E,note", "x", "E", ""),
        ("x,E,sigma,dEdx", "x", "E", "dEdx"),
        // Two columns: one of them has to be the value.
        ("strain,sigma", "strain", "sigma", ""),
        ("time,bias", "time", "bias", ""),
    ]);
}

#[test]
fn unused_columns_and_possible_sign_errors_give_remarks() {
    let told = |header: &str| {
        let names = names(header);
        remarks(&names, &Columns { sigma: None, ..guess(&names) })
    };
    let one = |name: &str| vec![name.to_owned()];
    let sigma = |header: &str| guess(&names(header)).sigma.unwrap_or_default();
    assert_eq!(
        ["x,E,sigma", "x,E,dEdx,err", "x,E", "x,E,variance", "strain,sigma", "x,E,err_E,err_x"].map(sigma),
        ["sigma", "err", "", "", "", ""]
    );
    assert_eq!(told("x,y,E,dEdx,dEdy"), []);
    assert_eq!(told("x,y"), []);
    assert_eq!(told("x,E,sigma"), [Remark::Uncertainty("sigma".into())]);
    assert_eq!(told("x,E,weight"), [Remark::Weight("weight".into())]);
    assert_eq!(told("phi,psi,E,metad.bias"), [Remark::Bias("metad.bias".into())]);
    assert_eq!(told("time,x,E"), [Remark::Unused(one("time"))]);
    assert_eq!(told("x,E,note"), [Remark::Unused(one("note"))]);
    assert_eq!(told("x,y,Fx,Fy"), []);
    assert_eq!(told("x,E,split"), []);
    let turned = |header: &str| {
        let mut columns = guess(&names(header));
        (columns.gradient, columns.forces) = (columns.forces, columns.gradient);
        remarks(&names(header), &columns)
    };
    assert_eq!(turned("x,y,Fx,Fy"), [Remark::Forces(vec!["Fx".into(), "Fy".into()])]);
    assert_eq!(turned("x1,x2,F1,F2"), [Remark::Forces(vec!["F1".into(), "F2".into()])]);
    assert_eq!(turned("x,E,force"), [Remark::Forces(one("force"))]);
    assert_eq!(turned("x,E,dEdx"), [Remark::Derivatives(one("dEdx"))]);
    let as_value = Columns { inputs: one("x"), target: Some("dEdx".into()), ..Columns::default() };
    assert_eq!(remarks(&names("x,dEdx"), &as_value), [Remark::SlopeAsValue("dEdx".into(), "x".into())]);
    for header in ["x,y,Fx,Fy", "x,E,dEdx", "x,E,sigma", "x,E,weight", "x,E,bias", "x,E,a,b,c"] {
        for remark in told(header).into_iter().chain(turned(header)) {
            let sentence = remark.to_string();
            assert!(sentence.ends_with('.') && sentence.len() > 10, "{sentence}");
        }
    }
    assert_eq!(Remark::Unused(names("a,b,c")).to_string(), "Not used: a, b and c.");
}
