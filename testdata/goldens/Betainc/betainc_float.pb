
2
aPlaceholder*
dtype0*
shape
:
2
bPlaceholder*
dtype0*
shape
:
2
xPlaceholder*
dtype0*
shape
:

opBetaincabx*
T0