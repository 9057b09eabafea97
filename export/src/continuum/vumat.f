
recursive subroutine vumat(nblock, ndir, nshr, nstatev, nfieldv, nprops, lanneal, stepTime, totalTime, dt, cmname, coordMp, charLength, props, density, strainInc, relSpinInc, tempOld, stretchOld, defgradOld, fieldOld, stressOld, stateOld, enerInternOld, enerInelasOld, tempNew, stretchNew, defgradNew, fieldNew, stressNew, stateNew, enerInternNew, enerInelasNew)
    use @name@_point
    implicit none
    integer :: nblock, ndir, nshr, nstatev, nfieldv, nprops, lanneal
    character(len=80) :: cmname
    double precision :: stepTime, totalTime, dt, coordMp(nblock, *)
    double precision :: charLength(nblock), props(nprops), density(nblock)
    double precision :: strainInc(nblock, ndir + nshr), relSpinInc(nblock, nshr)
    double precision :: tempOld(nblock), stretchOld(nblock, ndir + nshr)
    double precision :: defgradOld(nblock, ndir + 2 * nshr)
    double precision :: fieldOld(nblock, nfieldv)
    double precision :: stressOld(nblock, ndir + nshr)
    double precision :: stateOld(nblock, nstatev)
    double precision :: enerInternOld(nblock), enerInelasOld(nblock)
    double precision :: tempNew(nblock), stretchNew(nblock, ndir + nshr)
    double precision :: defgradNew(nblock, ndir + 2 * nshr)
    double precision :: fieldNew(nblock, nfieldv)
    double precision :: stressNew(nblock, ndir + nshr)
    double precision :: stateNew(nblock, nstatev)
    double precision :: enerInternNew(nblock), enerInelasNew(nblock)
    double precision :: strain(entries), before(entries), s(entries)
    double precision :: given(kept), after(kept), now, work
    double precision :: viscosity, energy, spent, viscous
    integer :: k, j, n
@declared@    n = ndir + nshr
    if (.not. (@elements@)) error stop 'vumat: wrong elements, see its head'
    if (nstatev < kept + own) error stop 'vumat: *DEPVAR is too small'
    if (nprops < constants) error stop 'vumat: constants are missing'
@fields@    if (totalTime <= 0d0 .and. stepTime <= 0d0) then
! Abaqus derives the speed of waves from an elastic response.
        stressNew = stressOld + stiffness * strainInc
        stateNew = stateOld
        enerInternNew = enerInternOld
        enerInelasNew = enerInelasOld
        return
    end if
    viscosity = 0d0
    if (nprops >= 1) viscosity = props(1)
    do k = 1, nblock
@others@        given = stateOld(k, 1:kept)
        now = 1d0
@strain@        call respond(strain, before, dt, given, @other@viscosity, energy, spent, viscous, s, after)
@spatial@        stateNew(k, 1:kept) = after
        work = 0d0
        do j = 1, n
            stressNew(k, j) = s(order(j))
            work = work + merge(1d0, 2d0, j <= ndir) * 0.5d0 * (stressOld(k, j) + stressNew(k, j)) * strainInc(k, j)
        end do
        enerInternNew(k) = enerInternOld(k) + work / density(k)
        enerInelasNew(k) = enerInelasOld(k) + (spent + viscous) / (now * density(k))
    end do
end subroutine
