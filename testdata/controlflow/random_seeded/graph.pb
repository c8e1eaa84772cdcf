
;
xPlaceholder*
dtype0*
shape:ÿÿÿÿÿÿÿÿÿ
8
ShapeShapex*
T0*
out_type0:íÏ
f
random_uniform/RandomUniformRandomUniformShape*
T0*
dtype0*
seed2*
seed±ÿå)
6
addAddV2xrandom_uniform/RandomUniform*
T0

out_0Identityadd*
T0"ª