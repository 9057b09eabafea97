
! The stress of Piola and Kirchhoff and its tangent become Cauchy's stress and the tangent of
! the Jaumann rate of J times it, over J, by the rate of deformation.
    pure subroutine spatial(f, stress, tangent, ratio)
        double precision, intent(in) :: f(3, 3)
        double precision, intent(inout) :: stress(entries)
        double precision, intent(inout) :: tangent(entries, entries)
        double precision, intent(out) :: ratio
        double precision :: t(entries, entries), s(3, 3), one(3, 3), more
        integer :: a, b, i, j, k, l
        call carried(f, t, ratio)
        stress = matmul(t, stress) / ratio
        tangent = matmul(matmul(t, tangent), transpose(t)) / ratio
        s = 0d0
        one = 0d0
        do a = 1, entries
            s(first(a), second(a)) = stress(a)
            s(second(a), first(a)) = stress(a)
        end do
        do i = 1, 3
            one(i, i) = 1d0
        end do
        do b = 1, entries
            k = first(b)
            l = second(b)
            do a = 1, entries
                i = first(a)
                j = second(a)
                more = s(i, k) * one(j, l) + s(j, k) * one(i, l)
                more = more + s(i, l) * one(j, k) + s(j, l) * one(i, k)
                tangent(a, b) = tangent(a, b) + 0.5d0 * more
            end do
        end do
    end subroutine
