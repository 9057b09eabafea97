
! The strain of Green and Lagrange of a deformation gradient, its last entries as angles.
    pure subroutine green(f, strain)
        double precision, intent(in) :: f(3, 3)
        double precision, intent(out) :: strain(entries)
        integer :: a, i, j
        do a = 1, entries
            i = first(a)
            j = second(a)
            strain(a) = sum(f(:, i) * f(:, j))
            if (i == j) strain(a) = 0.5d0 * (strain(a) - 1d0)
        end do
    end subroutine

! The matrix t of F S F^T, and the determinant of F.
    pure subroutine carried(f, t, ratio)
        double precision, intent(in) :: f(3, 3)
        double precision, intent(out) :: t(entries, entries), ratio
        integer :: a, b, i, j, k, l
        do b = 1, entries
            k = first(b)
            l = second(b)
            do a = 1, entries
                i = first(a)
                j = second(a)
                t(a, b) = f(i, k) * f(j, l)
                if (k /= l) t(a, b) = t(a, b) + f(i, l) * f(j, k)
            end do
        end do
        ratio = f(1, 1) * (f(2, 2) * f(3, 3) - f(2, 3) * f(3, 2))
        ratio = ratio - f(1, 2) * (f(2, 1) * f(3, 3) - f(2, 3) * f(3, 1))
        ratio = ratio + f(1, 3) * (f(2, 1) * f(3, 2) - f(2, 2) * f(3, 1))
    end subroutine
