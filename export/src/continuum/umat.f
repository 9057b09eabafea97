
recursive subroutine umat(stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, dtime, temp, dtemp, predef, dpred, cmname, ndi, nshr, ntens, nstatv, props, nprops, coords, drot, pnewdt, celent, dfgrd0, dfgrd1, noel, npt, layer, kspt, jstep, kinc)
    use @name@_point
    implicit none
    integer :: ndi, nshr, ntens, nstatv, nprops, noel, npt
    integer :: layer, kspt, jstep(4), kinc
    character(len=80) :: cmname
    double precision :: stress(ntens), statev(nstatv), ddsdde(ntens, ntens)
    double precision :: sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens), drpldt
    double precision :: stran(ntens), dstran(ntens), time(2), dtime, temp, dtemp
    double precision :: predef(*), dpred(*), props(nprops), coords(3), drot(3, 3)
    double precision :: pnewdt, celent, dfgrd0(3, 3), dfgrd1(3, 3)
    double precision :: strain(entries), before(entries), s(entries)
    double precision :: given(kept), after(kept), c(entries, entries)
    double precision :: viscosity, energy, spent, viscous, most, now, last
@declared@    if (.not. (@elements@)) error stop 'umat: wrong elements, see its head'
    if (nstatv < kept) error stop 'umat: *DEPVAR is too small'
    if (nprops < constants) error stop 'umat: constants are missing'
    viscosity = 0d0
    if (nprops >= 1) viscosity = props(1)
@others@    given = statev(1:kept)
    now = 1d0
    last = 1d0
@strain@    call respond(strain, before, dtime, given, @other@viscosity, energy, spent, viscous, s, after, c)
@spatial@    most = huge(most)
    if (.not. (now > 0d0 .and. abs(energy) <= most .and. abs(spent) <= most .and. all(abs(s) <= most) .and. all(abs(c) <= most) .and. all(abs(after) <= most))) then
        pnewdt = min(pnewdt, 0.25d0)
        ddsdde = 0d0
        return
    end if
    stress = s(1:ntens)
    ddsdde = c(1:ntens, 1:ntens)
    statev(1:kept) = after
    sse = energy / now
    spd = (spd * last + spent) / now
    scd = (scd * last + viscous) / now
end subroutine
