
:
inputPlaceholder*
dtype0*
shape:

opIdentityinput*
T0