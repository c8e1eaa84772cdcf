
>
inputPlaceholder*
dtype0*
shape:
u
filterConst*
dtype0*W
valueNBL"6¿"¿Â¾|¿Ç½¨¾Q>v>E½~=	?½à½Ê<¥¾¹<i½?>J>Ë¾/?Í>¡¾T½ó¾"?
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
