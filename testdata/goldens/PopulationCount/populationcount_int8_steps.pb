
2
xPlaceholder*
dtype0*
shape
:
!
opPopulationCountx*
T0