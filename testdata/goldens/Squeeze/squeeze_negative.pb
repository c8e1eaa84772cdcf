
>
inputPlaceholder*
dtype0*
shape:
=
opSqueezeinput*
T0*
squeeze_dims

þÿÿÿÿÿÿÿÿ